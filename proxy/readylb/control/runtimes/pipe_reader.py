"""Reads a pipe (or a terminal) in the event loop, chunk by chunk, with a brake."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

#: Bytes read at once: what a Linux pipe holds.
CHUNK = 65536

#: Chunks that `close(drain=True)` takes at most: a writer that floods must not keep us.
DRAIN_CHUNKS = 16


class PipeReader:
    """Owns a descriptor: calls `on_data` with each chunk and `on_end` once; then it is closed."""

    def __init__(self, descriptor: int, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        """Begin to read."""
        os.set_blocking(descriptor, False)
        self._descriptor: int | None = descriptor
        self._on_data = on_data
        self._on_end = on_end
        self._reading = False
        self._loop = asyncio.get_running_loop()
        self.resume()

    def pause(self) -> None:
        """Read nothing until `resume`: the writer blocks when the pipe is full."""
        if self._descriptor is not None and self._reading:
            self._loop.remove_reader(self._descriptor)
            self._reading = False

    def resume(self) -> None:
        """Read again."""
        if self._descriptor is not None and not self._reading:
            self._loop.add_reader(self._descriptor, self._readable)
            self._reading = True

    def close(self, *, drain: bool = False) -> None:
        """End now; with `drain`, take what can be read without waiting first. Calls `on_end`."""
        for _ in range(DRAIN_CHUNKS if drain else 0):
            if not self._read_once():
                break
        self._finish()

    def _readable(self) -> None:
        self._read_once()

    def _read_once(self) -> bool:
        """Read one chunk; say whether there may be more right now."""
        if self._descriptor is None:
            return False
        try:
            data = os.read(self._descriptor, CHUNK)
        except BlockingIOError:
            return False
        except OSError:  # EIO: the other side of a terminal has gone
            data = b""
        if not data:
            self._finish()
            return False
        self._on_data(data)
        return True

    def _finish(self) -> None:
        if self._descriptor is None:
            return
        self.pause()
        os.close(self._descriptor)
        self._descriptor = None
        # Whoever listens refers to this reader: with exec probes, such circles would pile up by the thousand.
        on_end, self._on_data, self._on_end = self._on_end, _nobody_listens, _nobody_listens
        on_end()


def _nobody_listens(_data: bytes = b"") -> None:
    """Take what nobody wants any more."""
