"""Tasks that are named and guarded: a task that dies takes the program down loudly, never silently.

`asyncio.create_task` is banned elsewhere by the linter; this is the one place that may call it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

Fatal = Callable[[BaseException], None]


class TaskGroup:
    """The tasks of one owner. `fatal` is called with what a task died of."""

    def __init__(self, name: str, fatal: Fatal) -> None:
        """Own no task yet."""
        self.name = name
        self._fatal = fatal
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a task called `OWNER/NAME`."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        fault = task.exception()
        if fault is not None:
            log.critical("task %s died", task.get_name(), exc_info=fault)
            self._fatal(fault)
