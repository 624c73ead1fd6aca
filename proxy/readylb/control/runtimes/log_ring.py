"""The output of one container incarnation: lines with their time, on disk, the oldest dropped first.

A ring is a few files at most: when the newest one is full, another is begun and the oldest deleted.
Each record is `SECONDS LINE`. Readers keep a file open, so a deleted one is still read to its end.

What cannot be written (a full disk) is lost, whole lines at a time, and said once; the container runs on.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from readylb.control.clock import Clock

log = logging.getLogger(__name__)

#: Bytes of one file, and how many are kept (kubelet: containerLogMaxSize 10Mi, containerLogMaxFiles 5).
FILE_BYTES = 10 * 1024 * 1024
FILES = 5
#: A file takes no larger part of the file system than this: it may be memory ($XDG_RUNTIME_DIR often is),
#: and replicas keep their own files there too.
SHARE = 1 / 1024
#: What a file holds at least.
LEAST_BYTES = 64 * 1024

#: A longer line becomes several, as the container runtimes split it (CRI: 16 KiB).
LINE_BYTES = 16 * 1024

_CHUNK = 65536


def file_bytes_in(folder: Path) -> int:
    """Return how large a file of a ring in that folder may become. OSError when it cannot be told."""
    found = os.statvfs(folder)
    return max(LEAST_BYTES, min(FILE_BYTES, int(found.f_blocks * found.f_frsize * SHARE)))


class LogRing:
    """Lines of one incarnation. `base` is the path of its files without their number."""

    def __init__(self, base: Path, clock: Clock, file_bytes: int = FILE_BYTES) -> None:
        """Begin an empty ring."""
        self._base = base
        self._clock = clock
        self._file_bytes = file_bytes
        self._oldest = self._newest = 0
        self._size = 0
        self._rest = b""
        self._closed = False
        self._broken = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._file: IO[bytes] = self._path(0).open("wb", buffering=0)

    def __repr__(self) -> str:
        """Show the state."""
        state = "closed" if self._closed else "open"
        return f"<log ring {self._base.name} {state} files={self._oldest}..{self._newest} size={self._size}>"

    def write(self, data: bytes) -> None:
        """Take output as it comes; every full line gets the time of now."""
        if self._closed:
            return
        *lines, rest = (self._rest + data).split(b"\n")
        while len(rest) >= LINE_BYTES:
            lines.append(rest[:LINE_BYTES])
            rest = rest[LINE_BYTES:]
        self._rest = rest
        if lines:
            self._append(lines)

    def close(self) -> None:
        """End the ring: an unfinished line is kept as a line, followers come to their end."""
        if self._closed:
            return
        if self._rest:
            self._append([self._rest])
        self._closed = True
        self._file.close()
        self._wake()

    def remove(self) -> None:
        """Delete the files."""
        self.close()
        for number in range(self._oldest, self._newest + 1):
            self._path(number).unlink(missing_ok=True)

    async def lines(self, *, follow: bool, tail: int | None) -> AsyncIterator[tuple[float, bytes]]:
        """Yield (epoch seconds, line), from the last `tail` lines on.

        `follow` goes on until the ring closes; without it, what comes after the call is left out, or a
        container that prints without end would be read without end.
        """
        last, size = self._newest, self._size
        number, offset = await self._position(tail)
        while True:
            end = size if number == last and not follow else None
            with contextlib.suppress(FileNotFoundError), self._path(number).open("rb") as file:
                file.seek(offset)
                async for record in self._records(file, number, end):
                    yield record
            if number == self._newest or (number >= last and not follow):
                return
            number, offset = max(number + 1, self._oldest), 0

    async def _records(
        self, file: IO[bytes], number: int, end: int | None
    ) -> AsyncIterator[tuple[float, bytes]]:
        """Yield from one file until `end`, or, without one, until nothing can follow in it."""
        rest = b""
        while True:
            data = file.read(_CHUNK if end is None else min(_CHUNK, max(0, end - file.tell())))
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                stamp, _, text = line.partition(b" ")
                yield float(stamp), text
            if data:
                await asyncio.sleep(0)  # a long log must not hold up the loop
            elif number < self._newest or self._closed or end is not None:
                return
            else:
                await self._more()

    def _append(self, lines: list[bytes]) -> None:
        stamp = b"%.6f " % self._clock.now()
        pieces = [line[at : at + LINE_BYTES] for line in lines for at in range(0, len(line) or 1, LINE_BYTES)]
        data = b"".join(stamp + piece + b"\n" for piece in pieces)
        try:
            if self._size + len(data) > self._file_bytes and self._size:
                self._rotate()
            self._put_or_make_room(data)
        except OSError as error:
            self._lost(error)
            return
        self._wake()

    def _put_or_make_room(self, data: bytes) -> None:
        """Write it; where the disk is full, at the price of what is older."""
        try:
            self._put(data)
        except OSError as error:
            if error.errno != errno.ENOSPC or not self._size:
                raise
            self._rotate()
            while self._oldest < self._newest:
                self._drop_oldest()
            self._put(data)

    def _put(self, data: bytes) -> None:
        """Write all of it or nothing: half a record would spoil the one that follows it."""
        written = 0
        try:
            while written < len(data):
                written += self._file.write(data[written:])
        except OSError:
            with contextlib.suppress(OSError):
                self._file.seek(self._size)
                self._file.truncate()
            raise
        self._size += len(data)

    def _rotate(self) -> None:
        """Begin another file, in a folder that somebody may have removed."""
        path = self._path(self._newest + 1)
        try:
            file = path.open("wb", buffering=0)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, mode=0o700)
            file = path.open("wb", buffering=0)
        self._file.close()
        self._file = file
        self._newest += 1
        self._size = 0
        if self._newest - self._oldest == FILES:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._path(self._oldest).unlink(missing_ok=True)
        self._oldest += 1

    def _lost(self, error: OSError) -> None:
        if not self._broken:
            log.error("cannot keep the output of %s: %s (free some space)", self._base.name, error)
        self._broken = True

    async def _position(self, tail: int | None) -> tuple[int, int]:
        """Return the file and the offset in it where the last `tail` lines begin."""
        if tail is None:
            return self._oldest, 0
        for number in range(self._newest, self._oldest - 1, -1):
            with contextlib.suppress(FileNotFoundError), self._path(number).open("rb") as file:
                offset, lines = await _last_lines(file, tail)
                if lines == tail:
                    return number, offset
                tail -= lines
        return self._oldest, 0

    def _path(self, number: int) -> Path:
        return self._base.with_name(f"{self._base.name}.{number}.log")

    async def _more(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)

    def _wake(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)


async def _last_lines(file: IO[bytes], count: int) -> tuple[int, int]:
    """Return where the last `count` lines of the file begin, and how many they are if it has fewer."""
    end, found = file.seek(0, os.SEEK_END), 0
    while end:
        begin = max(0, end - _CHUNK)
        file.seek(begin)
        data = file.read(end - begin)
        lines = data.count(b"\n")
        if found + lines > count:  # the end of the line before them is in this piece
            return begin + len(data.rsplit(b"\n", count - found + 1)[0]) + 1, count
        found, end = found + lines, begin
        await asyncio.sleep(0)  # a long log must not hold up the loop
    return 0, found
