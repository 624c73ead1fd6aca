from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.control.runtimes.conftest import alive, make_pod, until
from tests.isolation import links, links_of, needs_isolation

from readylb.control.clock import SteadyClock
from readylb.control.runtimes.isolation.network import remove_leftovers
from readylb.control.runtimes.owner import Owner
from readylb.control.runtimes.process import ProcessRuntime
from readylb.control.runtimes.runtime import ExecResult
from readylb.control.runtimes.table import RuntimeTable
from readylb.core.isolation import Isolation
from readylb.core.pod_addresses import parse_range
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import ContainerPort

pytestmark = needs_isolation

WAIT = "while :; do sleep 1; done"


@pytest.fixture
async def isolated(tmp_path: Path) -> AsyncIterator[RuntimeTable]:
    faults: list[BaseException] = []
    table = RuntimeTable(SteadyClock(), tmp_path / "state", {}, faults.append, Isolation("namespaces"))
    await table.open()
    yield table
    await table.close()
    assert faults == []
    assert links_of(os.getpid()) == set()


@pytest.fixture
def runtime(isolated: RuntimeTable) -> ProcessRuntime:
    found = isolated.for_pod(Pod())
    assert isinstance(found, ProcessRuntime)
    return found


async def run(runtime: ProcessRuntime, pod: Pod, script: str) -> ExecResult:
    return await runtime.exec_sync(pod, "main", ("/bin/sh", "-c", script), 10.0)


async def start(runtime: ProcessRuntime, name: str, script: str = WAIT, **more: object) -> tuple[Pod, str]:
    pod = make_pod(script, name=name, **more)  # type: ignore[arg-type]
    sandbox = await runtime.prepare(pod)
    await runtime.start(pod, pod.spec.containers[0], 0)
    return pod, sandbox.pod_ip


async def test_two_pods_differ_in_all_that_apps_ask_for(runtime: ProcessRuntime) -> None:
    first, first_ip = await start(runtime, "web-0", "touch /tmp/isolated; " + WAIT)
    second, second_ip = await start(runtime, "web-1")
    assert first_ip != second_ip
    await until(lambda: runtime._pods["uid-web-0"].folder.joinpath("tmp/isolated").exists())
    script = "hostname; cat /etc/hostname; ls /tmp; ip -brief -4 addr show dev eth0; echo $TMPDIR $HOST"
    words = (await run(runtime, first, script)).output.decode().split()
    assert words[:2] == ["web-0", "web-0"]
    assert "isolated" in words
    words = (await run(runtime, second, script)).output.decode().split()
    assert words[:2] == ["web-1", "web-1"]
    assert "isolated" not in words
    assert any(word.startswith(f"{second_ip}/") for word in words)
    assert words[-2:] == ["/tmp", "0.0.0.0"]
    assert not Path("/tmp/isolated").exists()
    assert socket.gethostname() not in {"web-0", "web-1"}


async def test_a_container_that_is_started_again_finds_tmp_as_it_was_at_first(
    runtime: ProcessRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="started-here-") as here:
        monkeypatch.chdir(here)
        Path(here, "app").write_text("x")
        pod = make_pod("find /tmp -mindepth 1; touch /tmp/ready")
        for attempt in range(2):
            await runtime.prepare(pod)
            container = await runtime.start(pod, pod.spec.containers[0], attempt)
            await container.wait_gone()
            lines = runtime.logs(pod, "main", previous=False, follow=False, tail=None)
            assert {line.decode() async for _, line in lines} == {here, f"{here}/app"}
        monkeypatch.undo()


async def test_a_pod_sees_its_own_processes_only_and_its_first_one_reaps_orphans(
    runtime: ProcessRuntime,
) -> None:
    pod, _ = await start(runtime, "web-0")
    assert (await run(runtime, pod, "(sleep 0 & sleep 0 &); :")).exit_code == 0
    listing = "for d in /proc/[0-9]*; do cat $d/stat 2>/dev/null; done"

    async def states() -> list[str]:
        lines = (await run(runtime, pod, listing)).output.decode().splitlines()
        return [line.rpartition(")")[2].split()[0] for line in lines]

    for _ in range(200):
        found = await states()
        if "Z" not in found:
            break
    assert "Z" not in found
    assert len(found) <= 6  # the first, its cat, the shell and its sleep, and those who look


async def test_pods_on_the_same_port_answer_at_their_own_addresses_and_at_localhost(
    runtime: ProcessRuntime,
) -> None:
    serve = "exec python3 -c 'import socket,sys\nl=socket.create_server((\"0.0.0.0\", 8080))\nwhile 1:\n c,_=l.accept(); c.sendall(socket.gethostname().encode()); c.close()'"  # noqa: E501 - one command
    pods = [await start(runtime, name, serve, ports=(8080,)) for name in ("web-0", "web-1")]
    for pod, address in pods:
        assert await ask(address) == pod.metadata.name
        ask_inside = "python3 -c 'import socket; print(socket.create_connection((\"localhost\", 8080)).recv(99).decode())'"  # noqa: E501
        assert (await run(runtime, pod, ask_inside)).output.decode().strip() == pod.metadata.name


async def ask(address: str) -> str:
    for _ in range(500):
        try:
            reader, writer = await asyncio.open_connection(address, 8080)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
            continue
        text = await reader.read()
        writer.close()
        return text.decode()
    pytest.fail(f"nobody listens at {address}")


async def test_containers_of_one_pod_share_network_hostname_and_files(runtime: ProcessRuntime) -> None:
    pod = make_pod(WAIT)
    second = replace(pod.spec.containers[0], name="second")
    pod = replace(pod, spec=replace(pod.spec, containers=(*pod.spec.containers, second)))
    await runtime.prepare(pod)
    for container in pod.spec.containers:
        await runtime.start(pod, container, 0)
    script = "readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/mnt /proc/self/ns/pid"
    seen = [
        (await runtime.exec_sync(pod, name, ("sh", "-c", script), 10.0)).output for name in ("main", "second")
    ]
    assert seen[0] == seen[1]
    assert bytes(Path("/proc/self/ns/net").readlink()) not in seen[0]


async def test_a_command_in_another_pods_private_files_is_not_found(runtime: ProcessRuntime) -> None:
    pod, _ = await start(runtime, "web-0")
    with pytest.raises(RuntimeFailureError, match='exec: "/tmp/nothing": no such file or directory'):
        await runtime.exec_sync(pod, "main", ("/tmp/nothing",), 10.0)


async def test_what_only_this_machine_has_in_tmp_is_said_to_be_there(runtime: ProcessRuntime) -> None:
    pod, _ = await start(runtime, "web-0")
    with tempfile.NamedTemporaryFile(dir="/tmp") as program:
        Path(program.name).chmod(0o700)
        said = (
            f'exec: "{program.name}": no such file or directory ({program.name} is in this machine\'s /tmp, '
        )
        with pytest.raises(RuntimeFailureError, match=re.escape(said)):
            await runtime.exec_sync(pod, "main", (program.name,), 10.0)


async def test_a_terminal_inside_runs_what_only_the_pod_has(runtime: ProcessRuntime) -> None:
    pod, _ = await start(runtime, "web-0")
    make = "printf '#!/bin/sh\\nhostname; tty; echo controlled > /dev/tty' > /tmp/tool; chmod +x /tmp/tool"
    assert (await run(runtime, pod, make)).exit_code == 0
    session = await runtime.exec_session(pod, "main", ("/tmp/tool",), stdin=True, tty=True)
    said = b""
    while (part := await session.read()) is not None:
        said += part[1]
    assert await session.wait() == 0
    name, terminal, controlled = said.decode().split()
    assert (name, controlled) == ("web-0", "controlled")
    assert terminal.startswith("/dev/pts/")
    with pytest.raises(RuntimeFailureError, match='exec: "/tmp/other": no such file or directory'):
        await runtime.exec_session(pod, "main", ("/tmp/other",), stdin=True, tty=True)


async def test_a_host_port_is_refused_with_what_to_do_instead(runtime: ProcessRuntime) -> None:
    pod = make_pod(WAIT)
    ports = (ContainerPort(container_port=8080, host_port=80),)
    pod = replace(pod, spec=replace(pod.spec, containers=(replace(pod.spec.containers[0], ports=ports),)))
    with pytest.raises(RuntimeFailureError, match="hostPort 80 of container main: not supported"):
        await runtime.prepare(pod)


async def test_exit_status_and_signals_are_the_containers_own(runtime: ProcessRuntime) -> None:
    pod = make_pod("trap 'exit 7' TERM; touch /tmp/ready; " + WAIT)
    await runtime.prepare(pod)
    container = await runtime.start(pod, pod.spec.containers[0], 0)
    assert container.container_id.startswith("namespaces://")
    await until(lambda: runtime._pods["uid-web-0"].folder.joinpath("tmp/ready").exists())
    assert (await container.stop(10.0)).exit_code == 7


async def test_when_the_first_process_is_killed_all_end_and_the_next_start_makes_it_anew(
    runtime: ProcessRuntime,
) -> None:
    pod = make_pod(WAIT)
    before = await runtime.prepare(pod)
    container = await runtime.start(pod, pod.spec.containers[0], 0)
    place = runtime._pods["uid-web-0"].place
    os.kill(place._child.pgid, signal.SIGKILL)  # type: ignore[attr-defined]
    ended = await container.wait()
    assert (ended.exit_code, ended.signal) == (137, signal.SIGKILL)
    await runtime.start(pod, pod.spec.containers[0], 1)
    assert before.pod_ip.encode() in (await run(runtime, pod, "ip -brief addr")).output


async def test_a_removed_pod_leaves_no_process_no_wire_and_no_file(runtime: ProcessRuntime) -> None:
    pod, address = await start(runtime, "web-0", "setsid sleep 600 & " + WAIT)
    wires = {name for name in links_of(os.getpid()) if not name.startswith("rlb-")}
    assert len(wires) == 1
    first = runtime._pods["uid-web-0"].place._child.pgid  # type: ignore[attr-defined]
    await runtime.remove(pod)
    assert not alive(first)
    assert not wires & links_of(os.getpid())
    assert not list(runtime._folder.glob("uid-web*"))
    assert await start(runtime, "web-1") != address


async def test_closing_ends_pods_that_are_left(isolated: RuntimeTable, runtime: ProcessRuntime) -> None:
    await start(runtime, "web-0")
    first = runtime._pods["uid-web-0"].place._child.pgid  # type: ignore[attr-defined]
    await isolated.close()
    assert not alive(first)
    assert links_of(os.getpid()) == set()


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.02, 0.05])
async def test_a_start_that_is_given_up_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    table = RuntimeTable(SteadyClock(), tmp_path / "state", {}, print, Isolation("namespaces"))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await table.open()
    await table.close()
    assert links_of(os.getpid()) == set()
    assert not (tmp_path / "state").exists() or not list((tmp_path / "state").iterdir())


async def test_a_range_that_is_in_use_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    one = Isolation("namespaces", parse_range("10.199.77.0/29"))
    first = RuntimeTable(SteadyClock(), tmp_path / "first", {}, print, one)
    second = RuntimeTable(SteadyClock(), tmp_path / "second", {}, print, one)
    await first.open()
    made = links_of(os.getpid())
    with pytest.raises(RuntimeFailureError, match=r"cannot isolate pods: 10.199.77.0/29 overlaps the route"):
        await second.open()
    assert links_of(os.getpid()) == made
    await second.close()
    await first.close()


def test_what_a_dead_readylb_left_is_removed_and_nothing_else() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    aliases = {
        "rlbt-dead": str(replace(Owner.this(), pid=child.pid)),
        "rlbt-live": str(Owner.this()),
        "rlbt-else": "somebody else's readylb:",
    }
    try:
        for name, alias in aliases.items():
            subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
            subprocess.run(["ip", "link", "set", name, "alias", alias], check=True)
        remove_leftovers()
        assert set(aliases) & set(links()) == {"rlbt-live", "rlbt-else"}
    finally:
        for name in aliases:
            subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)
