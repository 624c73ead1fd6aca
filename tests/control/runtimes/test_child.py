from __future__ import annotations

import asyncio
import os
import signal

import pytest

from readylb.control.runtimes import child as child_module
from readylb.control.runtimes.child import Command, spawn
from readylb.errors import RuntimeFailureError

HERE = {"PATH": os.environ["PATH"]}


async def test_a_child_leads_its_own_session_and_group() -> None:
    child = spawn(Command(("sleep", "60"), HERE))
    assert os.getsid(child.pgid) == os.getpgid(child.pgid) == child.pgid
    child.signal_group(signal.SIGTERM)
    await asyncio.wait([child.exited], timeout=10)
    assert child.reap() == -signal.SIGTERM
    child.signal_group(signal.SIGTERM)  # nobody is left: no error


async def test_its_number_is_nobody_elses_until_it_is_reaped() -> None:
    child = spawn(Command(("true",), HERE))
    await asyncio.wait([child.exited], timeout=10)
    os.kill(child.pgid, 0)
    assert child.reap() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(child.pgid, 0)


async def test_without_pidfds_a_thread_sees_the_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(pid: int) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(child_module.os, "pidfd_open", missing, raising=False)
    child = spawn(Command(("sh", "-c", "exit 5"), HERE))
    await asyncio.wait([child.exited], timeout=10)
    assert child.reap() == 5


async def test_an_exit_before_it_is_watched_is_seen_too() -> None:
    children = [spawn(Command(("true",), HERE)) for _ in range(20)]
    _, pending = await asyncio.wait([child.exited for child in children], timeout=10)
    assert not pending
    assert {child.reap() for child in children} == {0}


async def test_an_empty_command_cannot_be_started() -> None:
    with pytest.raises(RuntimeFailureError):
        spawn(Command(("",), HERE))
    with pytest.raises(RuntimeFailureError, match="exec: "):
        spawn(Command((), HERE))
