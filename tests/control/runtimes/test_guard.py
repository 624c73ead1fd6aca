from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from tests.conftest import FakeClock
from tests.control.runtimes.conftest import until

from readylb.control.runtimes.guard import Guard


@pytest.fixture
def faults() -> list[BaseException]:
    return []


@pytest.fixture
def guard(tmp_path: Path, clock: FakeClock, faults: list[BaseException]) -> Guard:
    return Guard("READYLB_RUN=test-guard", tmp_path / "run", clock, faults.append)


async def test_closing_lets_the_guardian_remove_the_folder_and_end(guard: Guard, tmp_path: Path) -> None:
    (tmp_path / "run" / "pod").mkdir(parents=True)
    guard.ensure()
    pid = guard.pid
    guard.ensure()
    assert guard.pid == pid
    await guard.close()
    assert guard.pid is None
    assert not (tmp_path / "run").exists()


async def test_without_a_container_there_is_nothing_to_close(guard: Guard) -> None:
    guard.remove(4711)
    await guard.close()
    assert repr(guard) == "<guard pid=None groups=[]>"


async def test_a_guardian_that_stands_still_does_not_hold_up_the_loop(guard: Guard) -> None:
    guard.ensure()
    pid = guard.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    for number in range(2**22 - 20_000, 2**22):  # no process has such a number
        guard.add(number)
        guard.remove(number)
    os.kill(pid, signal.SIGCONT)
    await guard.close()
    assert guard.pid is None


async def test_a_guardian_that_is_killed_again_and_again_is_fatal(
    guard: Guard, faults: list[BaseException]
) -> None:
    guard.ensure()
    for _ in range(3):
        pid = guard.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda pid=pid: guard.pid != pid)  # type: ignore[misc]
    await asyncio.sleep(0)
    assert [str(fault) for fault in faults] == ["the guardian was killed 3 times within 10 s"]


async def test_one_that_is_killed_now_and_then_is_replaced(
    guard: Guard, clock: FakeClock, faults: list[BaseException]
) -> None:
    guard.ensure()
    for _ in range(4):
        clock.advance(6)
        pid = guard.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda pid=pid: guard.pid not in {None, pid})  # type: ignore[misc]
    await guard.close()
    assert faults == []
