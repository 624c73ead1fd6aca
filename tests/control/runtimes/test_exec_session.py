from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
from pathlib import Path

import pytest
from tests.control.runtimes.conftest import alive, make_pod, read_pid, until, written

from readylb.control.runtimes.exec_session import _WAITING, ProcessExecSession
from readylb.control.runtimes.process import ProcessRuntime
from readylb.errors import RuntimeFailureError
from readylb.model import Pod


@pytest.fixture
async def pod(runtime: ProcessRuntime) -> Pod:
    pod = make_pod("exec sleep 600")
    await runtime.prepare(pod)
    await runtime.start(pod, pod.spec.containers[0], 0)
    return pod


async def read_all(session: ProcessExecSession) -> dict[int, bytes]:
    found = {1: b"", 2: b""}
    async with asyncio.timeout(10):
        while (chunk := await session.read()) is not None:
            found[chunk[0]] += chunk[1]
    return found


async def test_streams_are_kept_apart_and_words_taken_as_they_are(runtime: ProcessRuntime, pod: Pod) -> None:
    command = ("/bin/sh", "-c", 'echo "$0"; echo err >&2; exit 5', "$(POD_NAME)$$")
    session = await runtime.exec_session(pod, "main", command, stdin=False, tty=False)
    assert await read_all(session) == {1: b"$(POD_NAME)$$\n", 2: b"err\n"}
    assert await session.wait() == 5


async def test_input_arrives_and_ends(runtime: ProcessRuntime, pod: Pod) -> None:
    session = await runtime.exec_session(pod, "main", ("/bin/cat",), stdin=True, tty=False)
    data = b"0123456789abcdef" * 20_000
    session.write(data)
    session.close_stdin()
    assert (await read_all(session))[1] == data
    assert await session.wait() == 0


async def test_input_to_a_command_that_does_not_read_is_dropped(runtime: ProcessRuntime, pod: Pod) -> None:
    session = await runtime.exec_session(pod, "main", ("/bin/true",), stdin=True, tty=False)
    session.write(b"x" * 200_000)
    assert await session.wait() == 0
    session.write(b"more")
    session.close_stdin()
    assert await session.read() is None


def pipe_is_full(session: ProcessExecSession) -> bool:
    descriptor = session._readers[0]._descriptor
    assert descriptor is not None
    (unread,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))
    return unread == fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)


async def test_a_slow_reader_holds_the_command_back_and_loses_nothing(
    runtime: ProcessRuntime, pod: Pod, tmp_path: Path
) -> None:
    script = f"head -c 8000000 /dev/zero; echo done > {tmp_path}/done"
    session = await runtime.exec_session(pod, "main", ("/bin/sh", "-c", script), stdin=False, tty=False)
    await until(lambda: len(session._chunks) >= _WAITING and pipe_is_full(session))
    held = len(session._chunks)
    for _ in range(20):  # turns of the loop, in which it could read on
        await asyncio.sleep(0)
    assert len(session._chunks) == held
    assert not (tmp_path / "done").exists()
    assert len((await read_all(session))[1]) == 8_000_000


async def test_kill_ends_the_whole_group(runtime: ProcessRuntime, pod: Pod, tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    session = await runtime.exec_session(pod, "main", ("/bin/sh", "-c", script), stdin=False, tty=False)
    await until(written(tmp_path / "pid"))
    await session.kill()
    assert await session.wait() == 137
    await until(lambda: not alive(read_pid(tmp_path / "pid")))


async def test_a_background_child_does_not_keep_the_session_open(runtime: ProcessRuntime, pod: Pod) -> None:
    session = await runtime.exec_session(
        pod, "main", ("/bin/sh", "-c", "sleep 60 & echo started"), stdin=False, tty=False
    )
    assert await read_all(session) == {1: b"started\n", 2: b""}


async def test_a_terminal_is_the_commands_controlling_one(runtime: ProcessRuntime, pod: Pod) -> None:
    script = (
        "trap 'echo interrupted; exit 3' INT; test -t 0 && stty size </dev/tty; while :; do sleep 0.05; done"
    )
    session = await runtime.exec_session(pod, "main", ("/bin/sh", "-c", script), stdin=True, tty=True)
    session.resize(33, 111)
    seen = b""
    async with asyncio.timeout(10):
        while b"\n" not in seen and (chunk := await session.read()) is not None:
            seen += chunk[1]
    assert len(seen.split()) == 2  # rows and columns
    session.write(b"\x03")
    rest = await read_all(session)
    assert b"interrupted" in rest[1]
    assert await session.wait() == 3


async def test_a_terminals_size_can_be_set(runtime: ProcessRuntime, pod: Pod) -> None:
    script = "read line; stty size"
    session = await runtime.exec_session(pod, "main", ("/bin/sh", "-c", script), stdin=True, tty=True)
    session.resize(33, 111)
    session.write(b"go\n")
    assert b"33 111" in (await read_all(session))[1]
    assert await session.wait() == 0


async def test_the_end_of_input_reaches_a_terminal(runtime: ProcessRuntime, pod: Pod) -> None:
    session = await runtime.exec_session(pod, "main", ("/bin/cat",), stdin=True, tty=True)
    session.write(b"hello\n")
    session.close_stdin()
    assert (await read_all(session))[1] == b"hello\r\nhello\r\n"
    assert await session.wait() == 0


@pytest.mark.parametrize("tty", [False, True])
async def test_a_command_that_cannot_be_started_is_an_error(
    runtime: ProcessRuntime, pod: Pod, tty: bool
) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(RuntimeFailureError, match=r'exec: "nosuch": executable file not found in \$PATH'):
        await runtime.exec_session(pod, "main", ("nosuch",), stdin=True, tty=tty)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
