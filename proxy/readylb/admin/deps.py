"""What the admin API is given by the wiring. It reads and writes the store and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from readylb.control.clock import Clock
from readylb.control.runtimes.runtime import RuntimeFor
from readylb.control.store import Store
from readylb.telemetry.events import EventRecorder


class Exposition(Protocol):
    """What the metrics page needs of the metrics registry."""

    def expose(self) -> bytes:
        """Return every metric in Prometheus' text format."""


@dataclass(frozen=True, slots=True)
class AdminDeps:
    """The parts of the control process that the API shows. `ready` answers (yes, reasons, one a line)."""

    store: Store
    clock: Clock
    runtime_for: RuntimeFor
    recorder: EventRecorder
    metrics: Exposition
    ready: Callable[[], tuple[bool, str]]


#: Where a request finds the above: `request.app[DEPS]`.
DEPS = web.AppKey("deps", AdminDeps)
