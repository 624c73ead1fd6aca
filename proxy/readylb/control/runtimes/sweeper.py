"""Kills what carries a mark, one search of /proc for all who ask at the same time.

A search reads every process's environment, so a thousand containers that end together must not make a
thousand searches: who asks while one is under way is served by the next.
"""

from __future__ import annotations

import asyncio
import time

from readylb.control.runtimes import guardian
from readylb.control.runtimes.marks import MARKS_VISIBLE
from readylb.control.tasks import TaskGroup

Marks = tuple[bytes, ...]


class Sweeper:
    """Searches in a thread: it takes milliseconds."""

    def __init__(self, tasks: TaskGroup) -> None:
        """Search for nobody yet; `tasks` owns the search."""
        self._tasks = tasks
        self._waiting: list[tuple[Marks, asyncio.Future[None]]] = []
        self._running = False

    async def sweep(self, *marks: bytes) -> None:
        """Return when no process carries all these marks; where marks cannot be seen, at once."""
        if not MARKS_VISIBLE:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((marks, done))
        if not self._running:
            self._running = True
            self._tasks.spawn("sweep", self._run())
        await asyncio.wait([done])

    async def _run(self) -> None:
        batch: list[tuple[Marks, asyncio.Future[None]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await asyncio.to_thread(_kill, [marks for marks, _ in batch])
                _release(batch)
        finally:
            self._running = False
            _release(batch + self._waiting)  # when cancelled: nobody is left waiting


def _kill(wanted: list[Marks]) -> None:
    for _ in range(guardian.ROUNDS):
        if not guardian.kill_marked(*wanted):
            return
        time.sleep(guardian.PAUSE)


def _release(batch: list[tuple[Marks, asyncio.Future[None]]]) -> None:
    for _, done in batch:
        if not done.done():
            done.set_result(None)
