from __future__ import annotations

import asyncio

import pytest

from readylb.control.runtimes.external import ExternalRuntime, parse_endpoint
from readylb.control.runtimes.runtime import Sandbox
from readylb.control.runtimes.table import RuntimeTable
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import (
    Container,
    ContainerPort,
    ContainerState,
    ContainerStateTerminated,
    ContainerStatus,
)
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodStatus, PortMapping


def make_external(endpoint: str, port: int = 8081, **annotations: str) -> Pod:
    container = Container(name="web", ports=(ContainerPort(container_port=port),))
    ended = ContainerStateTerminated(reason="Error", message="failed liveness probe")
    status = ContainerStatus(name="web", last_state=ContainerState(terminated=ended))
    found = {"readylb.io/endpoint": endpoint}
    found.update({f"readylb.io/{name}": value for name, value in annotations.items()})
    return Pod(
        metadata=ObjectMeta(name="web-1", uid="u1", annotations=found),
        spec=PodSpec(containers=(container,), runtime_class_name="external"),
        status=PodStatus(container_statuses=(status,)),
    )


@pytest.fixture
def external(table: RuntimeTable) -> ExternalRuntime:
    found = table.for_pod(make_external("127.0.0.1:1"))
    assert isinstance(found, ExternalRuntime)
    return found


async def test_a_unix_socket_is_its_own_address(external: ExternalRuntime) -> None:
    sandbox = await external.prepare(make_external("unix:/run/web.sock"))
    assert sandbox == Sandbox("unix:/run/web.sock", ())


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("[::1]:8080", ("::1", 8080)),
        ("unix:/run/web.sock", ("unix:/run/web.sock", 0)),
        ("name.example:65535", ("name.example", 65535)),
    ],
)
def test_endpoints_are_host_and_port(text: str, parsed: tuple[str, int]) -> None:
    assert parse_endpoint(text) == parsed


@pytest.mark.parametrize(
    "text", ["", "host", ":80", "host:", "host:0", "host:65536", "::1:80", "host:http", "h:²"]
)
def test_what_is_not_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|\[ADDRESS\]:PORT"):
        parse_endpoint(text)


@pytest.mark.parametrize(
    ("pod", "sandbox"),
    [
        (make_external("127.0.0.2:8081"), Sandbox("127.0.0.2")),
        (make_external("[::1]:8081"), Sandbox("::1")),
        (make_external("localhost:8081"), Sandbox("127.0.0.1")),
        (
            make_external("127.0.0.1:9000", port=80),
            Sandbox("127.0.0.1", (PortMapping(container_port=80, host_port=9000),)),
        ),
    ],
    ids=["IPv4", "IPv6", "a name", "another port"],
)
async def test_preparing_finds_the_address(external: ExternalRuntime, pod: Pod, sandbox: Sandbox) -> None:
    assert await external.prepare(pod) == sandbox


async def test_a_malformed_endpoint_is_an_error_that_names_the_annotation(external: ExternalRuntime) -> None:
    with pytest.raises(RuntimeFailureError, match=r"annotation readylb\.io/endpoint: 'nowhere' is not HOST"):
        await external.prepare(make_external("nowhere"))


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".invalid"])
async def test_what_cannot_even_be_a_name_is_an_error_too(external: ExternalRuntime, host: str) -> None:
    with pytest.raises(RuntimeFailureError, match=f"cannot find {host}: no such name can be"):
        await external.prepare(make_external(f"{host}:80"))


async def test_an_adopted_endpoint_runs_until_it_is_let_go(external: ExternalRuntime) -> None:
    pod = make_external("127.0.0.1:8081")
    first = await external.start(pod, pod.spec.containers[0], 0)
    waiting = asyncio.gather(first.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    await first.stop(30)
    assert (await waiting)[0].exit_code == 143
    second = await external.start(pod, pod.spec.containers[0], 1)
    assert second.container_id != first.container_id
    await external.remove(pod)
    assert (await second.wait()).signal == 15


async def test_an_endpoint_that_was_not_restarted_is_adopted_as_what_it_was(
    external: ExternalRuntime,
) -> None:
    pod = make_external("127.0.0.1:8081")
    first = await external.start(pod, pod.spec.containers[0], 0)
    first.let_go()
    again = await external.start(pod, pod.spec.containers[0], 0)
    assert (again.container_id, again.started_at) == (first.container_id, first.started_at)
    again.let_go()
    restarted = await external.start(pod, pod.spec.containers[0], 2)
    assert restarted.container_id != first.container_id
    await external.close()
    assert (await restarted.wait()).exit_code == 143


async def test_there_is_no_inside_to_enter_and_no_output_to_show(external: ExternalRuntime) -> None:
    pod = make_external("127.0.0.1:8081")
    with pytest.raises(RuntimeFailureError, match='run a command inside pod "web-1": it was not started by'):
        await external.exec_sync(pod, "web", ("true",), 1)
    with pytest.raises(RuntimeFailureError, match="was not started by readylb"):
        await external.exec_session(pod, "web", ("true",), stdin=False, tty=False)
    with pytest.raises(RuntimeFailureError, match='show the output of pod "web-1"'):
        external.logs(pod, "web", previous=False, follow=False, tail=None)
