"""The control process begins and ends in order, whatever its parts do."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from readylb.app import control
from readylb.app.control import ControlProcess, UpSettings
from readylb.config.problems import Loaded
from readylb.config.quick import QuickProbes, backends
from readylb.core.isolation import Isolation
from readylb.errors import ReadylbError, UsageError
from readylb.model import Service


class Stuck:
    """A data plane that is never there, and cannot be ended."""

    def __init__(self, *, ends: bool) -> None:
        self.begun = asyncio.Event()
        self._ends = ends

    def start(self) -> None:
        self.begun.set()

    async def started(self) -> None:
        await asyncio.Event().wait()

    async def stopped(self) -> None:
        if not self._ends:
            await asyncio.Event().wait()


def settings(folder: Path, loaded: Loaded | None = None) -> UpSettings:
    loaded = loaded or backends("web", 18080, ["127.0.0.1:9"], QuickProbes())
    return UpSettings(read=lambda: loaded, loaded=loaded, state_dir=folder, node_name="here", admin="off")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_start_that_hangs(tmp_path, monkeypatch, number):
    stuck = Stuck(ends=True)
    monkeypatch.setattr(control, "data_plane", lambda *_: stuck)
    running = asyncio.get_running_loop().create_task(ControlProcess(settings(tmp_path)).run())
    await stuck.begun.wait()
    os.kill(os.getpid(), number)
    assert await asyncio.wait_for(running, 5) == 0
    assert list(tmp_path.iterdir()) == []


async def test_a_part_that_cannot_be_ended_does_not_keep_the_process(tmp_path, monkeypatch, caplog):
    stuck = Stuck(ends=False)
    monkeypatch.setattr(control, "data_plane", lambda *_: stuck)
    monkeypatch.setattr(control, "STOP_SECONDS", 0.05)
    caplog.set_level(logging.INFO, logger="readylb")
    running = asyncio.get_running_loop().create_task(ControlProcess(settings(tmp_path)).run())
    await stuck.begun.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(running, 5) == 0
    assert any("cannot stop" in record.getMessage() for record in caplog.records)


async def test_a_fault_while_starting_ends_it_with_an_error(tmp_path, monkeypatch):
    stuck = Stuck(ends=True)
    monkeypatch.setattr(control, "data_plane", lambda *_: stuck)
    process = ControlProcess(settings(tmp_path))
    running = asyncio.get_running_loop().create_task(process.run())
    await stuck.begun.wait()
    process._on_fatal(RuntimeError("a part died"))
    with pytest.raises(ReadylbError, match="a part died"):
        await asyncio.wait_for(running, 5)


async def test_a_reload_that_fails_by_a_fault_of_ours_is_told_and_what_runs_goes_on(tmp_path, caplog):
    loaded = backends("web", 18080, ["127.0.0.1:9"], QuickProbes())
    answers = [loaded, KeyError("no such thing"), loaded]

    def read() -> Loaded:
        answer = answers.pop(0)
        if isinstance(answer, Loaded):
            return answer
        raise answer

    process = ControlProcess(replace(settings(tmp_path), read=read))
    caplog.set_level(logging.INFO, logger="readylb")
    await process._reload()
    there = process.store.objects(Service)
    await process._reload()
    await process._reload()
    told = [(record.levelname, record.getMessage().partition(":")[0]) for record in caplog.records]
    assert told == [("INFO", "Reloaded"), ("ERROR", "Reload failed"), ("INFO", "Reloaded")]
    assert "no such thing" in caplog.text
    assert process.store.objects(Service) == there
    assert not process._failed.is_set()


async def test_what_cannot_be_isolated_as_the_files_now_say_changes_nothing(tmp_path, caplog):
    loaded = backends("web", 18080, ["127.0.0.1:9"], QuickProbes())

    def isolation(asked: Loaded) -> Isolation:
        if asked is loaded:
            return Isolation()
        msg = "--pod-cidr goes with --isolation namespaces"
        raise UsageError(msg)

    process = ControlProcess(
        replace(settings(tmp_path, loaded), isolation=isolation, read=lambda: replace(loaded))
    )
    await process._reload()
    assert "Reload failed, nothing was changed: --pod-cidr" in caplog.text
    assert process.store.objects(Service) == []


RELOADED = "Reloaded: nothing changed"


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 -- a thread comes round to it
        await asyncio.sleep(0)


async def test_signals_while_a_reload_is_under_way_make_one_more(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="readylb")
    loaded, reads = Loaded(()), 0
    reading, go_on = threading.Event(), threading.Event()

    def read() -> Loaded:
        nonlocal reads
        reads += 1
        reading.set()
        go_on.wait(5)
        return loaded

    process = ControlProcess(replace(settings(tmp_path), read=read))
    task = asyncio.get_running_loop().create_task(process._reload_when_told())
    process._reloads.set()
    await until(reading.is_set)  # the loop goes on while files are read
    for _ in range(3):
        process._reloads.set()
    go_on.set()
    await until(lambda: [record.getMessage() for record in caplog.records].count(RELOADED) == 2)
    assert reads == 2
    task.cancel()
