"""The control process begins and ends in order, whatever its parts do."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest

from readylb.app import control
from readylb.app.control import ControlProcess, UpSettings
from readylb.config.problems import Loaded
from readylb.config.quick import QuickProbes, backends
from readylb.errors import ReadylbError


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
