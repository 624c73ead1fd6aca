"""Writes to a pipe (or a terminal) in the event loop: what does not fit waits its turn."""

from __future__ import annotations

import asyncio
import os


class PipeWriter:
    """Owns a descriptor. A reader that has gone ends it quietly, as it ends a shell's pipe."""

    def __init__(self, descriptor: int) -> None:
        """Have nothing to write."""
        os.set_blocking(descriptor, False)
        self._descriptor: int | None = descriptor
        self._waiting = bytearray()
        self._closing = False
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        """Write what fits now and queue the rest; dropped after `close`."""
        if self._descriptor is None or self._closing or not data:
            return
        idle = not self._waiting
        self._waiting += data
        if idle:
            self._writable()
        if idle and self._waiting:
            self._loop.add_writer(self._descriptor, self._writable)

    def close(self) -> None:
        """Close when what was queued has been written."""
        self._closing = True
        if not self._waiting:
            self._finish()

    def abort(self) -> None:
        """Close now."""
        self._waiting.clear()
        self.close()

    def _writable(self) -> None:
        if self._descriptor is None:
            return
        try:
            written = os.write(self._descriptor, self._waiting)
        except BlockingIOError:
            return
        except OSError:  # EPIPE, EIO: nobody reads any more
            self._waiting.clear()
            self._finish()
            return
        del self._waiting[:written]
        if not self._waiting:
            self._loop.remove_writer(self._descriptor)
            if self._closing:
                self._finish()

    def _finish(self) -> None:
        if self._descriptor is not None:
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
