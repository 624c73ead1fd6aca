"""A real parent that is really killed: its children must not outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.control.runtimes.conftest import alive, read_pid, until, written

from readylb.control.runtimes import guardian

PARENT = """
import asyncio, os, sys
from pathlib import Path
from readylb.control.clock import SteadyClock
from readylb.control.runtimes.table import RuntimeTable
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec

async def main(folder):
    table = RuntimeTable(SteadyClock(), folder / "state", {}, print)
    script = (
        f"trap '' TERM INT HUP; echo $$$$ > {folder}/leader; "
        f"setsid sh -c 'echo $$$$ > {folder}/daemon; exec sleep 600' & "
        f"sh -c 'echo $$$$ > {folder}/member; exec sleep 600' & "
        "while :; do sleep 1; done"
    )
    main = Container(name="main", command=("/bin/sh", "-c", script))
    pod = Pod(metadata=ObjectMeta(name="web-0", uid="u0"), spec=PodSpec(containers=(main,)))
    runtime = table.for_pod(pod)
    await runtime.prepare(pod)
    await runtime.start(pod, main, 0)
    Path(folder / "guardian").write_text(f"{runtime._guard.pid}\\n")
    Path(folder / "parent").write_text(f"{os.getpid()}\\n")
    await asyncio.sleep(600)

asyncio.run(main(Path(sys.argv[1])))
"""

CHILDREN = ("leader", "daemon", "member")


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen((sys.executable, "-c", PARENT, str(tmp_path)), start_new_session=True)
    yield process
    process.kill()
    process.wait()


def gone(pid: int) -> bool:
    return not alive(pid)


async def wait_until_started(folder: Path) -> dict[str, int]:
    names = (*CHILDREN, "guardian", "parent")
    await until(lambda: all(written(folder / name)() for name in names))
    return {name: read_pid(folder / name) for name in names}


@pytest.mark.parametrize(
    "end",
    [
        lambda process: process.kill(),
        lambda process: os.killpg(process.pid, signal.SIGKILL),
        lambda process: os.killpg(process.pid, signal.SIGINT),
    ],
    ids=["kill -9", "kill -9 of its group", "Ctrl-C"],
)
async def test_nothing_outlives_its_parent(
    parent: subprocess.Popen[bytes], tmp_path: Path, end: object
) -> None:
    pids = await wait_until_started(tmp_path)
    end(parent)  # type: ignore[operator]
    parent.wait()
    for name in (*CHILDREN, "guardian"):
        await until(lambda name=name: gone(pids[name]))  # type: ignore[misc]
    assert list((tmp_path / "state").iterdir()) == []


async def test_the_guardian_ignores_what_ends_others(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    pids = await wait_until_started(tmp_path)
    await until(lambda: ignores(pids["guardian"], signal.SIGTERM))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pids["guardian"], number)
    parent.kill()
    parent.wait()
    for name in (*CHILDREN, "guardian"):
        await until(lambda name=name: gone(pids[name]))  # type: ignore[misc]


async def test_the_guardian_is_small(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    pids = await wait_until_started(tmp_path)
    await until(lambda: ignores(pids["guardian"], signal.SIGTERM))
    assert kib(pids["guardian"], "RssAnon") < 6 * 1024
    assert kib(pids["guardian"], "VmRSS") < 14 * 1024


def test_only_processes_with_the_very_entry_are_marked() -> None:
    environment = {"PATH": os.environ["PATH"], "MARK": "value"}
    with subprocess.Popen(("sleep", "60"), env=environment) as process:
        try:
            assert guardian.marked((b"MARK=value",)) == [process.pid]
            assert guardian.marked((b"MARK=valu",)) == []
            assert guardian.marked((b"ARK=value",)) == []
            assert guardian.marked((b"MARK=value", b"OTHER=value")) == []
            assert guardian.kill_marked((b"OTHER=value",), (b"MARK=value",))
        finally:
            process.kill()


def ignores(pid: int, number: signal.Signals) -> bool:
    mask = int(status(pid)["SigIgn"], 16)
    return bool(mask >> (number - 1) & 1)


def kib(pid: int, field: str) -> int:
    return int(status(pid)[field].split()[0])


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
