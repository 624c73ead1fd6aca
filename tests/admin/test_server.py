from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World
from tests.admin.live import TOKEN

from readylb.admin.auth import TokenFile
from readylb.admin.routes import ROUTES, Access
from readylb.admin.server import AdminServer, application
from readylb.core.admin_address import AdminAddress
from readylb.errors import ListenError, UsageError


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
async def anonymous(world: World, aiohttp_client: Callable[..., Awaitable[TestClient]]) -> TestClient:
    return await aiohttp_client(application(world.deps, AdminAddress(host="127.0.0.1"), TOKEN))


async def test_livez_and_readyz_need_no_token(anonymous: TestClient, world: World) -> None:
    assert (await anonymous.get("/livez")).status == 200
    assert (await anonymous.get("/readyz")).status == 200
    assert (await anonymous.head("/readyz")).status == 200


async def test_readyz_gives_its_reasons_one_a_line(anonymous: TestClient, world: World) -> None:
    world.reasons += ["web:80 does not listen", "no worker has answered"]
    answer = await anonymous.get("/readyz")
    assert answer.status == 503
    assert await answer.text() == "web:80 does not listen\nno worker has answered\n"


@pytest.mark.parametrize("route", [row for row in ROUTES if row.access is Access.OPERATOR])
async def test_every_other_path_needs_the_token(anonymous: TestClient, route: object) -> None:
    path = route.path.replace("{resource:pods}", "pods").replace("{resource:namespaces}", "namespaces")
    answer = await anonymous.request(route.method, path.replace("{", "").replace("}", ""))
    assert answer.status == 401
    assert (await answer.json())["reason"] == "Unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, "/version", 200),
        ({"Authorization": f"bearer  {TOKEN}"}, "/version", 200),
        ({"Authorization": "Bearer wrong"}, "/version", 401),
        ({"Authorization": "Bearer é"}, "/version", 401),
        ({"Authorization": "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()}, "/version", 200),
        ({"Authorization": "Basic !!!"}, "/version", 401),
        ({}, f"/token/{TOKEN}/version", 200),
        ({}, "/token/wrong/version", 401),
    ],
)
async def test_the_token_is_taken_as_bearer_as_password_and_in_the_path(
    anonymous: TestClient, headers: dict[str, str], path: str, status: int
) -> None:
    assert (await anonymous.get(path, headers=headers)).status == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8001", 200),
        ("127.0.0.1:8001", 200),
        ("127.5.5.5", 200),
        ("[::1]:8001", 200),
        ("evil.example:8001", 403),
        ("127.0.0.1.evil.example", 403),
        ("10.1.2.3:8001", 403),
        ("", 403),
    ],
)
async def test_a_host_that_is_not_ours_is_refused(anonymous: TestClient, host: str, status: int) -> None:
    assert (await anonymous.get("/livez", headers={"Host": host})).status == status


async def test_a_page_of_another_site_is_given_no_permission_to_read(api: TestClient) -> None:
    answer = await api.get("/version", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_metrics_are_what_the_registry_exposes(api: TestClient) -> None:
    answer = await api.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert await answer.text() == "readylb_requests_total 1\n"


async def test_an_unknown_path_is_a_status_object(api: TestClient) -> None:
    answer = await api.get("/nowhere")
    assert answer.status == 404
    assert (await answer.json())["kind"] == "Status"


async def test_a_verb_that_is_not_supported_is_405_and_says_which_are(api: TestClient) -> None:
    answer = await api.put("/api/v1/namespaces/default/pods", json={})
    assert answer.status == 405
    status = await answer.json()
    assert status["reason"] == "MethodNotAllowed"
    assert "get, list, watch, create, update, patch and delete" in status["message"]


async def test_a_fault_of_ours_is_500_without_internals(
    api: TestClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.deps.store._objects = None
    answer = await api.get("/api/v1/pods")
    assert answer.status == 500
    assert (await answer.json())["message"] == "internal error: see the log of readylb"
    assert "the admin API failed at GET /api/{version}/{resource}" in caplog.text


async def test_start_writes_the_token_and_stop_removes_it(world: World) -> None:
    server = AdminServer(world.deps, "127.0.0.1:0", TOKEN)
    await server.start()
    assert server.address is not None
    assert server.address.port > 0
    path = TokenFile(server.address).path
    assert path.read_text().strip() == TOKEN
    async with aiohttp.ClientSession() as session, session.get(f"http://{server.address}/livez") as answer:
        assert answer.status == 200
    await server.stop()
    assert not path.exists()


async def test_a_port_in_use_is_an_error_that_names_the_option(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError, match=r"address already in use \(choose another: --admin ADDR"):
            await AdminServer(world.deps, address, TOKEN).start()


async def test_a_unix_socket_is_for_its_owner_only_and_gone_after_stop(world: World, tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    server = AdminServer(world.deps, f"unix:{path}", TOKEN)
    await server.start()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ListenError, match="in use"):
        await AdminServer(world.deps, f"unix:{path}", TOKEN).start()
    connector = aiohttp.UnixConnector(str(path))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get("http://anything/livez") as answer,
    ):
        assert answer.status == 200
    await server.stop()
    assert not path.exists()


async def test_a_socket_that_a_dead_readylb_left_is_replaced(world: World, tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    server = AdminServer(world.deps, f"unix:{path}", TOKEN)
    await server.start()
    await server.stop()
    assert not path.exists()


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_answered_400_and_not_logged(
    world: World, caplog: pytest.LogCaptureFixture, garbage: bytes
) -> None:
    server = AdminServer(world.deps, "127.0.0.1:0", TOKEN)
    await server.start()
    assert server.address is not None
    reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
    writer.write(garbage)
    assert b" 400 " in await reader.readline()
    writer.close()
    await server.stop()
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_a_long_command_fits_into_the_url(world: World) -> None:
    server = AdminServer(world.deps, "127.0.0.1:0", TOKEN)
    await server.start()
    url = f"http://{server.address}/token/{TOKEN}/version?command={'a' * 100_000}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
    await server.stop()


async def test_off_listens_nowhere(world: World) -> None:
    server = AdminServer(world.deps, "off", TOKEN)
    await server.start()
    assert server.address is None
    await server.stop()


async def test_a_watch_does_not_hold_up_stop(world: World) -> None:
    server = AdminServer(world.deps, "127.0.0.1:0", TOKEN)
    await server.start()
    url = f"http://{server.address}/token/{TOKEN}/api/v1/pods?watch=true"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        await answer.content.readline()
        await server.stop()


def test_an_address_that_is_none_is_a_usage_error(world: World) -> None:
    with pytest.raises(UsageError, match="HOST:PORT, unix:PATH or off"):
        AdminServer(world.deps, "here", TOKEN)


def test_no_two_routes_are_the_same() -> None:
    seen = [(route.method, route.path) for route in ROUTES]
    assert len(seen) == len(set(seen))
    assert all(isinstance(web.get(route.path, route.answer), web.RouteDef) for route in ROUTES)
