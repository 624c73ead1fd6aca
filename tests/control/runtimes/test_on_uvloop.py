"""The same processes, pipes and readers on uvloop, which is what `up` runs on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from tests.control.runtimes.conftest import make_pod, until, written

from readylb.control.clock import SteadyClock
from readylb.control.runtimes.process import ProcessRuntime
from readylb.control.runtimes.table import RuntimeTable
from readylb.model import Pod

Story = Callable[[ProcessRuntime], Awaitable[None]]


def on_uvloop(folder: Path, story: Story) -> None:
    faults: list[BaseException] = []

    async def run() -> None:
        table = RuntimeTable(SteadyClock(), folder, {}, faults.append)
        runtime = table.for_pod(Pod())
        assert isinstance(runtime, ProcessRuntime)
        try:
            async with asyncio.timeout(20):
                await story(runtime)
        finally:
            await table.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    assert faults == []
    assert list(folder.iterdir()) == []


def test_a_container_lives_prints_and_stops(tmp_path: Path) -> None:
    async def story(runtime: ProcessRuntime) -> None:
        pod = make_pod(f"echo hello; echo up > {tmp_path}/up; exec sleep 60")
        await runtime.prepare(pod)
        container = await runtime.start(pod, pod.spec.containers[0], 0)
        await until(written(tmp_path / "up"))
        assert (await container.stop(10)).signal == 15
        lines = runtime.logs(pod, "main", previous=False, follow=True, tail=None)
        assert [line async for _, line in lines] == [b"hello"]
        await runtime.start(pod, pod.spec.containers[0], 1)

    (tmp_path / "state").mkdir()
    on_uvloop(tmp_path / "state", story)


def test_commands_run_inside_with_and_without_a_terminal(tmp_path: Path) -> None:
    async def story(runtime: ProcessRuntime) -> None:
        pod = make_pod("exec sleep 60")
        await runtime.prepare(pod)
        await runtime.start(pod, pod.spec.containers[0], 0)
        results = await asyncio.gather(
            *(runtime.exec_sync(pod, "main", ("/bin/echo", str(number)), 10) for number in range(20))
        )
        assert [result.output for result in results] == [b"%d\n" % number for number in range(20)]
        assert (await runtime.exec_sync(pod, "main", ("/bin/sleep", "60"), 0.2)).timed_out
        for tty, end in ((False, b"\n"), (True, b"\r\n")):
            session = await runtime.exec_session(pod, "main", ("/bin/cat",), stdin=True, tty=tty)
            session.write(b"x\n")
            chunk = await session.read()
            assert chunk is not None
            assert chunk[1].startswith(b"x" + end)
            session.close_stdin()
            assert await session.wait() == 0

    on_uvloop(tmp_path, story)


def test_a_killed_guardian_is_replaced(tmp_path: Path) -> None:
    async def story(runtime: ProcessRuntime) -> None:
        pod = make_pod("exec sleep 60")
        await runtime.prepare(pod)
        guard = runtime._guard
        first = guard.pid
        assert first is not None
        os.kill(first, 9)
        await until(lambda: guard.pid not in {None, first})
        await runtime.start(pod, pod.spec.containers[0], 0)

    on_uvloop(tmp_path, story)
