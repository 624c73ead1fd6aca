"""Moves a container's output from its pipe into its ring, no faster than the event loop can bear."""

from __future__ import annotations

import asyncio

from readylb.control.runtimes.log_ring import LogRing
from readylb.control.runtimes.pipe_reader import PipeReader

#: Bytes taken per window of so many seconds: 10 MiB/s. The loop also carries traffic, so a container
#: that prints without end is slowed down by its full pipe (Docker's blocking mode), not served first.
WINDOW_BYTES = 1024 * 1024
WINDOW_SECONDS = 0.1


class LogPump:
    """Owns the reading end of the pipe and closes the ring when the pipe ends."""

    def __init__(self, descriptor: int, ring: LogRing) -> None:
        """Begin to read."""
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._window_end = 0.0
        self._taken = 0
        self._reader = PipeReader(descriptor, self._data, ring.close)

    def finish(self) -> None:
        """Take what is left in the pipe and close the ring, even if somebody still holds the pipe."""
        self._reader.close(drain=True)

    def _data(self, data: bytes) -> None:
        self._ring.write(data)
        now = self._loop.time()
        if now >= self._window_end:
            self._window_end = now + WINDOW_SECONDS
            self._taken = 0
        self._taken += len(data)
        if self._taken >= WINDOW_BYTES:
            self._reader.pause()
            self._loop.call_at(self._window_end, self._reader.resume)
