"""The access log of a worker: records in, lines out, and never a request that waits for it.

The hot path adds a tuple to a list. Every so many records, and each tick, they are made lines of; each
tick, or when there is enough for a write, these go to a thread that does nothing but write. What does
not fit behind a slow disk or a full pipe is lost, and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic, time

from readylb.core.access_record import FORMATS, AccessRecord
from readylb.data.log_writer import LogWriter

# Records that are made lines of at once: a third of a millisecond of the loop's time.
BATCH = 64
# Records that may wait for that; more come only in a burst within one turn of the loop.
WAITING_RECORDS = 1024
# Lines go to the writer when there are so many bytes of them, or at the next tick.
WRITE_BYTES = 65536
# Lines that may wait to be written: seconds of a slow disk, some thousand lines.
BACKLOG_BYTES = 4 * 1024 * 1024


class AccessLog:
    """Where a worker's records go: `path`, or `-` for standard output, in a format of FORMATS."""

    __slots__ = (
        "_backlog",
        "_format",
        "_lines",
        "_loop",
        "_lost",
        "_offset",
        "_records",
        "_size",
        "_writer",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        path: str,
        line_format: str,
        *,
        offset: Callable[[], float] = lambda: time() - monotonic(),
        backlog: int = BACKLOG_BYTES,
    ) -> None:
        """Open `path` to append to; `offset` makes epoch seconds of a record's. Raises OSError."""
        self._loop = loop
        self._format = FORMATS[line_format]
        self._offset = offset
        self._backlog = backlog
        self._records: list[AccessRecord] = []
        self._lines: list[bytes] = []
        self._size = 0
        self._lost = 0
        self._writer = LogWriter(path)

    def __repr__(self) -> str:
        """Show where it goes and what is on its way."""
        return f"<AccessLog {self._writer} waiting={len(self._records)} lost={self.lost}>"

    @property
    def lost(self) -> int:
        """How many records have not become a line of the log."""
        return self._lost + self._writer.lost

    def add(self, record: AccessRecord) -> None:
        """Take a record; costs next to nothing."""
        records = self._records
        if len(records) >= WAITING_RECORDS:
            self._lost += 1
            return
        records.append(record)
        if len(records) == BATCH:
            self._loop.call_soon(self._render)

    def tick(self) -> None:
        """Write what there is."""
        self._render()
        self._hand_over()

    def reopen(self, path: str, line_format: str) -> None:
        """Go on in a file that is opened anew: the old one was moved away. Raises OSError."""
        self.tick()
        self._format = FORMATS[line_format]
        self._writer.reopen(path)

    def close(self) -> None:
        """Write what is left, as far as it can be written without waiting long."""
        self.tick()
        self._writer.close()

    def _render(self) -> None:
        records, self._records = self._records, []
        if not records:
            return
        if self._size + self._writer.waiting > self._backlog:
            self._lost += len(records)
            return
        offset = self._offset()
        line = self._format
        lines = [line(record, record.ended + offset) for record in records]
        self._lines += lines
        self._size += sum(map(len, lines))
        if self._size >= WRITE_BYTES:
            self._hand_over()

    def _hand_over(self) -> None:
        lines, self._lines = self._lines, []
        self._size = 0
        if lines:
            self._writer.write(lines)
