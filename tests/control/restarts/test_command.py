from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from readylb.control.restarts.command import Ended, run_command


async def run(script: str, timeout_seconds: float = 30) -> Ended:
    return await run_command(("/bin/sh", "-c", script), os.environ, timeout_seconds)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_what_the_command_leaves_running_is_the_endpoint_and_lives_on(tmp_path: Path) -> None:
    await run(f"sh -c 'echo up; exec sleep 60' & echo $! > {tmp_path}/pid")
    pid = int((tmp_path / "pid").read_text())
    assert alive(pid)
    os.kill(pid, 9)


async def test_an_exit_status_and_the_end_of_a_long_output_are_told() -> None:
    ended = await run("head -c 100000 /dev/zero | tr '\\0' x; echo; echo the end; exit 3")
    assert ended.failure == "exit status 3"
    assert ended.output.endswith("x the end")
    assert len(ended.output) < 500


async def test_a_signal_is_named() -> None:
    assert str(await run("kill -9 $$")) == "killed by SIGKILL"


async def test_a_command_that_takes_too_long_is_killed_with_its_group(tmp_path: Path) -> None:
    begin = time.monotonic()
    ended = await run(f"echo waiting; sleep 60 & echo $! > {tmp_path}/pid; wait", 0.2)
    assert str(ended) == "did not end within 0.2 s: waiting"
    assert time.monotonic() - begin < 5
    while alive(int((tmp_path / "pid").read_text())):  # noqa: ASYNC110 - a killed process ends by itself
        await asyncio.sleep(0.01)


async def test_a_cancelled_command_is_killed_with_its_group(tmp_path: Path) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run(f"echo $$ > {tmp_path}/pid; sleep 60; true"), 0.3)
        while alive(int((tmp_path / "pid").read_text())):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


async def test_a_command_that_is_not_there_says_so() -> None:
    assert str(await run_command(("/no/such",), {}, 1)) == "no such file or directory"
