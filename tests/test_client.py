from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from tests.admin.fakes import World, fill, make_pod, make_world
from tests.admin.live import TOKEN
from tests.conftest import FakeClock

from readylb.admin.server import AdminServer
from readylb.client import Client, Selector
from readylb.control.store import HISTORY
from readylb.core.api_resources import DEPLOYMENTS, PODS, REPLICATION_CONTROLLERS, SERVICES
from readylb.errors import (
    ApiError,
    ConflictError,
    GoneError,
    InvalidError,
    NotFoundError,
    ReadylbError,
    UsageError,
)
from readylb.model import Pod, Service


@pytest.fixture
def world(clock: FakeClock) -> World:
    made = make_world(clock)
    fill(made)
    return made


@pytest.fixture
async def server(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[AdminServer]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    started = AdminServer(world.deps, "127.0.0.1:0", TOKEN)
    await started.start()
    monkeypatch.setenv("READYLB_ADMIN", str(started.address))
    yield started
    await started.stop()


@pytest.fixture
async def client(server: AdminServer) -> AsyncIterator[Client]:
    async with Client() as opened:
        yield opened


async def test_the_server_and_its_token_are_found_by_themselves(client: Client) -> None:
    document = await client.get(PODS, "default", "readiness-rc-5v64f")
    assert document["metadata"]["name"] == "readiness-rc-5v64f"


async def test_an_argument_goes_before_the_variable(
    server: AdminServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READYLB_ADMIN", "127.0.0.1:1")
    async with Client(str(server.address)) as client:
        assert (await client.list(PODS, None))["kind"] == "PodList"


async def test_a_server_on_all_addresses_is_found_on_loopback(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    server = AdminServer(world.deps, "localhost:0", TOKEN)
    await server.start()
    assert server.address is not None
    async with Client(f"127.0.0.1:{server.address.port}") as client:
        assert (await client.list(PODS, None))["items"]
    await server.stop()


async def test_a_unix_socket_works_like_a_port(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    address = f"unix:{tmp_path}/admin.sock"
    server = AdminServer(world.deps, address, TOKEN)
    await server.start()
    async with Client(address) as client:
        assert (await client.list(PODS, "default"))["items"]
        async with client.exec("default", "readiness-rc-5v64f", ["echo"]) as command:
            assert await command.read() == (1, b"ran echo tty=False\n")
    await server.stop()


async def test_lists_and_tables_take_selectors(client: Client) -> None:
    selector = Selector(labels="app=readiness", fields="metadata.name=readiness-rc-89d89")
    document = await client.list(PODS, "default", selector)
    assert [item["metadata"]["name"] for item in document["items"]] == ["readiness-rc-89d89"]
    assert (await client.list(PODS, None, as_table=True))["kind"] == "Table"
    assert (await client.get(SERVICES, "default", "readiness-svc", as_table=True))["kind"] == "Table"


async def test_a_watch_yields_what_exists_and_then_changes(client: Client, world: World) -> None:
    seen = []
    async for change in client.watch(PODS, "default"):
        seen.append((change["type"], change["object"]["metadata"]["name"]))
        if len(seen) == 2:
            world.store.create(make_pod("new", world.clock.now()))
        if len(seen) == 3:
            break
    assert seen[-1] == ("ADDED", "new")


async def test_a_watch_from_too_long_ago_is_gone(client: Client, world: World) -> None:
    for count in range(HISTORY + 1):
        world.store.create(make_pod(f"p{count}", world.clock.now()))
    with pytest.raises(GoneError, match="too old resource version"):
        await anext(client.watch(PODS, "default", since="1"))


async def test_logs_come_as_bytes(client: Client) -> None:
    pieces = [piece async for piece in client.logs("default", "readiness-rc-5v64f", {"tailLines": "2"})]
    assert b"".join(pieces) == b"line 3\nline 4\n"


async def test_a_patch_merges_and_a_scale_sets_the_number(client: Client, world: World) -> None:
    labels = {"metadata": {"labels": {"tier": "front"}}}
    changed = await client.patch(REPLICATION_CONTROLLERS, "default", "readiness-rc", labels)
    assert changed["metadata"]["labels"]["tier"] == "front"
    scale = await client.scale(REPLICATION_CONTROLLERS, "default", "readiness-rc", 5)
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 5})
    with pytest.raises(InvalidError, match="must be greater than or equal to 0"):
        await client.scale(REPLICATION_CONTROLLERS, "default", "readiness-rc", -1)
    old = {"metadata": {"resourceVersion": "1"}}
    with pytest.raises(ConflictError, match="has been modified"):
        await client.patch(REPLICATION_CONTROLLERS, "default", "readiness-rc", old)


async def test_delete_returns_what_terminates(client: Client, world: World) -> None:
    document = await client.delete(PODS, "default", "readiness-rc-5v64f", grace_seconds=3)
    assert document["metadata"]["deletionGracePeriodSeconds"] == 3
    assert world.store.get(Pod, "default", "readiness-rc-5v64f").terminating
    await client.delete(SERVICES, "default", "readiness-svc")
    assert world.store.find(Service, "default", "readiness-svc") is None


async def test_exec_gives_streams_and_the_exit_code(client: Client) -> None:
    async with client.exec("default", "readiness-rc-5v64f", ["exit", "5"]) as command:
        assert await command.read() == (1, b"ran exit 5 tty=False\n")
        assert await command.read() is None
        assert command.exit_code == 5


async def test_exec_passes_stdin_and_size_on(client: Client, world: World) -> None:
    async with client.exec("default", "readiness-rc-5v64f", ["cat"], stdin=True, tty=True) as command:
        await command.resize(40, 120)
        await command.write(b"hello")
        assert await command.read() == (1, b"hello")
        await command.close_stdin()
        assert await command.read() is None
    assert world.runtime.sessions[0].size == (40, 120)


@pytest.mark.parametrize(
    ("pod", "container", "message"),
    [("nope", "", "not found"), ("readiness-rc-5v64f", "x", "container x is not valid")],
)
async def test_exec_that_is_refused_says_why(client: Client, pod: str, container: str, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        async with client.exec("default", pod, ["ls"], container=container):
            pytest.fail("it ran")


async def test_exec_of_what_cannot_start_says_why(client: Client) -> None:
    async with client.exec("default", "readiness-rc-5v64f", ["missing"]) as command:
        with pytest.raises(ReadylbError, match="no such file"):
            await command.read()


async def test_what_is_not_there_is_not_found(client: Client) -> None:
    with pytest.raises(NotFoundError, match=r'deployments\.apps "nope" not found'):
        await client.get(DEPLOYMENTS, "default", "nope")


async def test_other_refusals_carry_status_and_reason(client: Client) -> None:
    with pytest.raises(ApiError) as caught:
        await client.list(PODS, "default", Selector(fields="colour=red"))
    assert (caught.value.status, caught.value.reason) == (400, "BadRequest")


async def test_nobody_there_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(ReadylbError) as caught:
            await client.list(PODS, None)
    assert str(caught.value) == (
        f"cannot reach the admin API at 127.0.0.1:{port}: connection refused "
        "(is 'readylb up' running? another address: --admin ADDR)"
    )


async def test_a_missing_or_wrong_token_says_what_to_do(server: AdminServer, tmp_path: Path) -> None:
    async with Client(token="wrong") as client:
        with pytest.raises(ReadylbError, match="its token has changed"):
            await client.list(PODS, None)
    (tmp_path / "readylb" / f"{server.address}.token").unlink()
    async with Client() as client:
        with pytest.raises(ReadylbError, match=r"there is no token for it in .*run this as the user"):
            await client.list(PODS, None)


async def test_another_program_on_the_port_is_recognised(
    aiohttp_server: Callable[[web.Application], Awaitable[object]],
) -> None:
    other = await aiohttp_server(web.Application())
    async with Client(f"127.0.0.1:{other.port}", token="x") as client:
        with pytest.raises(ReadylbError, match="404 Not Found, which no readylb says"):
            await client.list(PODS, None)


async def test_a_server_that_goes_away_ends_a_watch_or_says_so(client: Client, server: AdminServer) -> None:
    changes = client.watch(PODS, "default")
    await anext(changes)
    await anext(changes)
    await server.stop()
    with pytest.raises((StopAsyncIteration, ReadylbError)):
        await anext(changes)


def test_off_cannot_be_reached() -> None:
    with pytest.raises(UsageError, match="it is off"):
        Client("off")


async def test_it_must_be_opened_first() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await Client("127.0.0.1:1", token="x").list(PODS, None)
