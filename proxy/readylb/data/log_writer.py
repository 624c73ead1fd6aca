"""A thread that appends lines to a file, a pipe or standard output, whole lines at a time.

It is a thread because a disk that is slow makes `write` wait, whatever the flags of the file say. Several
processes may append to the same file: each write is of whole lines, and into a pipe never of more than
the kernel takes in one piece (PIPE_BUF).
"""

from __future__ import annotations

import logging
import os
import select
import stat
from queue import SimpleQueue
from threading import Thread
from time import monotonic

log = logging.getLogger(__name__)

STANDARD_OUTPUT = "-"
# Of one write to a file. Larger ones save nothing.
WRITE_BYTES = 262144
# How long the end of the program may wait for a reader that does not read, in seconds.
ENDING_SECONDS = 1.0
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
#: Readable by the owner's group: logs hold addresses of people.
_MODE = 0o640
# How soon the thread notices that it shall end while nobody reads, in milliseconds.
_POLL_MILLISECONDS = 100
_NEVER = float("inf")


class LogWriter:
    """Owns the file. `waiting` is in bytes; `lost` counts lines that could not be written."""

    def __init__(self, path: str) -> None:
        """Open `path` (`-`: standard output) and start the thread. Raises OSError."""
        self._path = path
        self._descriptor = _open(path)
        self._queue: SimpleQueue[list[bytes] | int | None] = SimpleQueue()
        # Each is written by one side only, so no lock is needed.
        self._taken = 0
        self._done = 0
        self._deadline = _NEVER
        self._torn = False
        self._fault = 0
        self.lost = 0
        self._thread = Thread(target=self._run, name="access-log", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        """Show the path and what waits."""
        return f"<LogWriter {self._path} waiting={self.waiting}>"

    @property
    def waiting(self) -> int:
        """Bytes that are not written yet."""
        return self._taken - self._done

    def write(self, lines: list[bytes]) -> None:
        """Take lines, each with its newline; they are the thread's from here on."""
        self._taken += sum(map(len, lines))
        self._queue.put(lines)

    def reopen(self, path: str) -> None:
        """Write what comes from now on to `path`, opened anew. Raises OSError and goes on as before."""
        self._queue.put(_open(path))
        self._path = path

    def close(self) -> None:
        """End the thread; what nobody reads in time is lost."""
        self._deadline = monotonic() + ENDING_SECONDS
        self._queue.put(None)
        self._thread.join(2 * ENDING_SECONDS)

    # in the thread

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, int):
                os.close(self._descriptor)
                self._descriptor = item
                self._torn = False
                continue
            most = _most(self._descriptor)
            for chunk, count in _chunks(item, most):
                self._append(chunk, count)
                self._done += len(chunk)
        os.close(self._descriptor)

    def _append(self, chunk: bytes, count: int) -> None:
        left = memoryview(b"\n" + chunk if self._torn else chunk)
        try:
            while left:
                if not self._is_writable():
                    self._lose(count, 0)
                    return
                try:
                    left = left[os.write(self._descriptor, left) :]
                except BlockingIOError:
                    continue
        except OSError as error:
            self._torn = self._torn or len(left) < len(chunk)
            self._lose(count, error.errno or 0)
        else:
            self._torn = False
            self._fault = 0

    def _is_writable(self) -> bool:
        """Wait until something can be written; False: it shall wait no more."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        while not poll.poll(_POLL_MILLISECONDS if monotonic() < self._deadline else 0):
            if monotonic() >= self._deadline:
                return False
        return True

    def _lose(self, count: int, fault: int) -> None:
        self.lost += count
        if fault and fault != self._fault:
            self._fault = fault
            log.error("Access log %s: lines are lost: %s", self._path, os.strerror(fault))


def check(path: str) -> None:
    """Raise OSError if `path` cannot be opened to append to; creates the file."""
    os.close(_open(path))


def _open(path: str) -> int:
    if path == STANDARD_OUTPUT:
        return os.dup(1)
    return os.open(path, _FLAGS, _MODE)


def _most(descriptor: int) -> int:
    """Return how much may be written at once."""
    return select.PIPE_BUF if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else WRITE_BYTES


def _chunks(lines: list[bytes], most: int) -> list[tuple[bytes, int]]:
    """Join lines to as few pieces of `most` bytes as hold them whole; a line may be longer by itself."""
    chunks: list[tuple[bytes, int]] = []
    begin = size = 0
    for index, line in enumerate(lines):
        if size and size + len(line) > most:
            chunks.append((b"".join(lines[begin:index]), index - begin))
            begin, size = index, 0
        size += len(line)
    chunks.append((b"".join(lines[begin:]), len(lines) - begin))
    return chunks
