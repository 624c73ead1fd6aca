"""The data plane as the control process sees it: one worker in its own loop, or processes beside it."""

from __future__ import annotations

from typing import Protocol

from readylb.control.clock import Clock
from readylb.control.tasks import Fatal
from readylb.control.workers.fleet import Fleet
from readylb.control.workers.worker_process import process_starter
from readylb.data.worker import Worker
from readylb.telemetry.metrics import Metrics
from readylb.wire.channel import Channel


class DataPlane(Protocol):
    """What listens and carries bytes. It ends by a Drain message over its channel."""

    def start(self) -> None:
        """Begin, in the running loop."""

    async def started(self) -> None:
        """Return when every worker is there. ReadylbError when one cannot be started."""

    async def stopped(self) -> None:
        """Return when a drain is over; at once if nothing was started."""


def data_plane(  # noqa: PLR0913, PLR0917 - what it is wired with, each once
    workers: int, channel: Channel, clock: Clock, metrics: Metrics, fatal: Fatal, log_format: str
) -> DataPlane:
    """Return `workers` processes, or with 0 a worker in this loop, at the far end of the link's channel."""
    if workers == 0:
        return _InProcess(channel)
    return Fleet(channel, workers, process_starter(log_format), clock, metrics, fatal)


class _InProcess:
    """Control and data plane in one loop: the same messages, no process to watch."""

    def __init__(self, channel: Channel) -> None:
        self._worker = Worker(0, channel)
        self._running = False

    def start(self) -> None:
        self._running = True
        self._worker.start()

    async def started(self) -> None:
        return  # it is there as soon as it is started

    async def stopped(self) -> None:
        if self._running:
            await self._worker.stopped()
