from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator

import pytest

from readylb.control.runtimes import guardian
from readylb.control.runtimes.sweeper import Sweeper
from readylb.control.tasks import TaskGroup


@pytest.fixture
async def tasks() -> AsyncIterator[TaskGroup]:
    faults: list[BaseException] = []
    group = TaskGroup("test", faults.append)
    yield group
    await group.stop()
    assert faults == []


def start(**environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(("sleep", "60"), env={"PATH": os.environ["PATH"], **environment})


async def test_what_carries_all_the_marks_is_killed_and_nobody_else(tasks: TaskGroup) -> None:
    both, one = start(SWEEP_A="1", SWEEP_B="2"), start(SWEEP_A="1")
    try:
        await Sweeper(tasks).sweep(b"SWEEP_A=1", b"SWEEP_B=2")
        assert both.wait(5) == -9
        assert one.poll() is None
    finally:
        for process in (both, one):
            process.kill()
            process.wait()


async def test_who_asks_together_shares_a_search(tasks: TaskGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[int] = []

    def count(*wanted: tuple[bytes, ...]) -> bool:
        searches.append(len(wanted))
        return False

    monkeypatch.setattr(guardian, "kill_marked", count)
    sweeper = Sweeper(tasks)
    await asyncio.gather(*(sweeper.sweep(b"SWEEP=%d" % number) for number in range(50)))
    assert sum(searches) == 50
    assert len(searches) <= 2
    await sweeper.sweep(b"SWEEP=again")
    assert searches[-1] == 1


async def test_nobody_waits_for_a_search_that_was_cancelled(tasks: TaskGroup) -> None:
    sweeper = Sweeper(tasks)
    waiting = asyncio.gather(sweeper.sweep(b"SWEEP=1"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await tasks.stop()
    async with asyncio.timeout(5):
        await waiting
    assert waiting.done()
