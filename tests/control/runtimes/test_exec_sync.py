from __future__ import annotations

import asyncio
import gc
import os
import time
from pathlib import Path

import pytest
from tests.control.runtimes.conftest import alive, make_pod, read_pid, until, written

from readylb.control.runtimes.pipe_reader import PipeReader
from readylb.control.runtimes.process import ProcessRuntime
from readylb.control.runtimes.runtime import ExecResult
from readylb.errors import RuntimeFailureError
from readylb.model import Pod


@pytest.fixture
async def pod(runtime: ProcessRuntime) -> Pod:
    pod = make_pod("exec sleep 600", ports=(8080,))
    await runtime.prepare(pod)
    await runtime.start(pod, pod.spec.containers[0], 0)
    return pod


async def sh(
    runtime: ProcessRuntime, pod: Pod, script: str, timeout: float = 10.0, limit: int = 10240
) -> ExecResult:
    return await runtime.exec_sync(
        pod, "main", ("/bin/sh", "-c", script.replace("$$", "$$$$")), timeout, limit
    )


async def test_the_output_is_stdout_followed_by_stderr(runtime: ProcessRuntime, pod: Pod) -> None:
    result = await sh(runtime, pod, "echo err >&2; echo out; exit 3")
    assert result == ExecResult(3, b"out\nerr\n", timed_out=False)


async def test_the_first_part_of_the_output_is_kept(runtime: ProcessRuntime, pod: Pod) -> None:
    result = await sh(runtime, pod, "head -c 300000 /dev/zero | tr '\\0' x; echo err >&2", limit=10240)
    assert result == ExecResult(0, b"x" * 10240, timed_out=False)


async def test_a_command_sees_the_containers_environment_and_expands_references(
    runtime: ProcessRuntime, pod: Pod
) -> None:
    result = await runtime.exec_sync(pod, "main", ("/bin/sh", "-c", "echo $(POD_NAME) $PORT; pwd"), 10)
    name, port = result.output.split()[:2]
    assert name == b"web-0"
    assert 20000 <= int(port) <= 29999
    assert result.output.splitlines()[1] == str(Path.cwd()).encode()


async def test_a_signal_is_128_plus_its_number(runtime: ProcessRuntime, pod: Pod) -> None:
    assert (await sh(runtime, pod, "kill -TERM $$")).exit_code == 143


async def test_a_timeout_kills_the_whole_group_and_keeps_the_output(
    runtime: ProcessRuntime, pod: Pod, tmp_path: Path
) -> None:
    begin = time.monotonic()
    result = await sh(runtime, pod, f"echo early; sleep 60 & echo $! > {tmp_path}/pid; wait", timeout=0.3)
    assert 0.3 <= time.monotonic() - begin < 2
    assert (result.timed_out, result.output) == (True, b"early\n")
    await until(lambda: not alive(read_pid(tmp_path / "pid")))


async def test_a_background_child_that_holds_the_output_counts_by_the_timeout(
    runtime: ProcessRuntime, pod: Pod
) -> None:
    begin = time.monotonic()
    result = await sh(runtime, pod, "sleep 60 & exit 1", timeout=0.3)
    assert 0.3 <= time.monotonic() - begin < 2
    assert result.timed_out


async def test_a_background_child_without_output_is_left_to_the_container(
    runtime: ProcessRuntime, pod: Pod, tmp_path: Path
) -> None:
    result = await sh(
        runtime, pod, f"(echo $$; exec sleep 60) > {tmp_path}/log 2>&1 & echo $! > {tmp_path}/pid"
    )
    assert not result.timed_out
    pid = read_pid(tmp_path / "pid")
    assert alive(pid)
    await runtime.remove(pod)
    await until(lambda: not alive(pid))


async def test_a_cancelled_command_is_killed(runtime: ProcessRuntime, pod: Pod, tmp_path: Path) -> None:
    waiting = asyncio.gather(sh(runtime, pod, f"echo $$ > {tmp_path}/pid; exec sleep 60", timeout=60))
    await until(written(tmp_path / "pid"))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: not alive(read_pid(tmp_path / "pid")))


async def test_a_command_that_cannot_be_started_is_an_error(runtime: ProcessRuntime, pod: Pod) -> None:
    with pytest.raises(RuntimeFailureError, match=r'exec: "nosuch": executable file not found in \$PATH'):
        await runtime.exec_sync(pod, "main", ("nosuch",), 1)


async def test_a_container_that_does_not_run_cannot_be_entered(runtime: ProcessRuntime, pod: Pod) -> None:
    with pytest.raises(RuntimeFailureError, match='container "other" in pod "web-0" is not running'):
        await runtime.exec_sync(pod, "other", ("true",), 1)


async def test_many_commands_leave_no_zombie_and_no_descriptor(runtime: ProcessRuntime, pod: Pod) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        results = await asyncio.gather(
            *(runtime.exec_sync(pod, "main", ("/bin/true",), 10) for _ in range(20))
        )
        assert {result.exit_code for result in results} == {0}
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    assert zombies() == []


def zombies() -> list[int]:
    """Our own children that have ended and were not reaped."""
    own = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] == "Z" and int(fields[1]) == os.getpid():
            own.append(int(folder.name))
    return own


async def test_a_command_leaves_nothing_to_the_garbage_collector(runtime: ProcessRuntime, pod: Pod) -> None:
    """Two hundred a second would make it stop everything for long, and take megabytes until then."""
    before = sum(isinstance(item, PipeReader) for item in gc.get_objects())
    gc.disable()
    try:
        for _ in range(3):
            await sh(runtime, pod, "echo out")
        await asyncio.sleep(0)
        assert sum(isinstance(item, PipeReader) for item in gc.get_objects()) <= before
    finally:
        gc.enable()
