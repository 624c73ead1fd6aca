"""Our own terminal and stdin, for a command that runs elsewhere."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Self

_PIECE = 64 * 1024


@contextmanager
def raw_terminal() -> Iterator[None]:
    """Hand every key to the other side, Ctrl-C included, for the length of a `with` block."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@asynccontextmanager
async def watch_size(resize: Callable[[int, int], Awaitable[None]]) -> AsyncIterator[None]:
    """Tell `resize` (rows, columns) now and whenever the window changes."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    loop.add_signal_handler(signal.SIGWINCH, changed.set)

    async def follow() -> None:
        while True:
            size = shutil.get_terminal_size()
            await resize(size.lines, size.columns)
            await changed.wait()
            changed.clear()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(follow(), name="exec/size")
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)
            task.cancel()


class StandardInput:
    """Passes our stdin on, for the length of an `async with` block.

    A thread reads: stdin may be a file or /dev/null, which no event loop can wait for. It is a
    daemon thread, because a read from a terminal cannot be ended and must not hold up our exit.
    """

    def __init__(
        self, write: Callable[[bytes], Awaitable[None]], close: Callable[[], Awaitable[None]]
    ) -> None:
        """Hand what is read to `write`, and the end to `close`."""
        self._write = write
        self._close = close
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(4)
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        """Begin to read."""
        await self._tasks.__aenter__()
        self._task = self._tasks.create_task(self._pass_on(), name="exec/stdin")
        threading.Thread(target=self._read, name="stdin", daemon=True).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Pass nothing more on."""
        self._task.cancel()
        await self._tasks.__aexit__(kind, fault, trace)

    def _read(self) -> None:
        data = b"more"
        while data:
            self._room.acquire()
            data = os.read(sys.stdin.fileno(), _PIECE)
            try:
                self._loop.call_soon_threadsafe(self._queue.put_nowait, data)
            except RuntimeError:
                return  # the loop has ended: so has the command

    async def _pass_on(self) -> None:
        while data := await self._queue.get():
            await self._write(data)
            self._room.release()
        await self._close()
