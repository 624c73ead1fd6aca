from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World, make_pod, waiting

EXEC = "/api/v1/namespaces/default/pods/readiness-rc-5v64f/exec"
V5 = "v5.channel.k8s.io"


async def opened(api: TestClient, query: str, protocol: str = V5) -> ClientWebSocketResponse:
    return await api.ws_connect(f"{EXEC}?{query}", protocols=(protocol,))


async def read(socket: ClientWebSocketResponse) -> tuple[int, bytes]:
    data = await socket.receive_bytes(timeout=5)
    return data[0], data[1:]


def outcome(piece: tuple[int, bytes]) -> dict[str, Any]:
    assert piece[0] == 3
    return json.loads(piece[1])


@pytest.mark.parametrize("protocol", [V5, "v4.channel.k8s.io"])
async def test_streams_and_outcome_have_channels_of_their_own(api: TestClient, protocol: str) -> None:
    socket = await opened(api, "command=warn&command=me&stdout=true&stderr=true", protocol)
    assert socket.protocol == protocol
    assert await read(socket) == (1, b"ran warn me tty=False\n")
    assert await read(socket) == (2, b"careful\n")
    assert outcome(await read(socket)) == {"metadata": {}, "status": "Success"}
    assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_the_exit_status_is_in_the_outcome(api: TestClient) -> None:
    socket = await opened(api, "command=exit&command=7")
    await read(socket)
    status = outcome(await read(socket))
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "7"}]
    assert status["message"] == "command terminated with non-zero exit code: exit status 7"


async def test_stdin_is_passed_on_until_it_ends(api: TestClient) -> None:
    socket = await opened(api, "command=cat&stdin=true")
    await socket.send_bytes(b"\x00hello")
    assert await read(socket) == (1, b"hello")
    await socket.send_bytes(b"\xff\x00")
    assert outcome(await read(socket))["status"] == "Success"


async def test_the_size_of_the_terminal_is_passed_on(api: TestClient, world: World) -> None:
    socket = await opened(api, "command=cat&stdin=true&tty=true")
    await socket.send_bytes(b"\x04not json")
    await socket.send_bytes(b'\x04{"Width": 120, "Height": 40}')
    await socket.send_bytes(b"\x00x")
    await read(socket)
    assert world.runtime.sessions[0].size == (40, 120)
    await socket.close()


async def test_a_client_that_goes_takes_the_command_with_it(api: TestClient, world: World) -> None:
    socket = await opened(api, "command=sleep&command=9")
    await socket.close()
    async with asyncio.timeout(5):
        while not world.runtime.sessions or not world.runtime.sessions[0].killed:
            await (await api.get("/livez")).read()
    assert world.runtime.sessions[0].killed


async def test_a_command_that_cannot_start_is_said_in_the_outcome(api: TestClient) -> None:
    socket = await opened(api, "command=missing")
    status = outcome(await read(socket))
    assert status["status"] == "Failure"
    assert "no such file" in status["message"]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"{EXEC}?command=ls", 400, "needs a WebSocket"),
        (EXEC, 400, "at least 1 command"),
        (f"{EXEC}?command=ls&container=x", 400, "container x is not valid"),
        (EXEC.replace("5v64f", "zzzzz") + "?command=ls", 404, "not found"),
        (EXEC.replace("readiness-rc-5v64f", "slow") + "?command=ls", 400, "is not running"),
    ],
)
async def test_what_cannot_be_run_is_refused_before_the_upgrade(
    api: TestClient, world: World, path: str, status: int, message: str
) -> None:
    pod = make_pod("slow", world.clock.now(), waiting("CrashLoopBackOff"))
    world.store.create(replace(pod))
    answer = await api.get(path)
    assert answer.status == status
    assert message in (await answer.json())["message"]
