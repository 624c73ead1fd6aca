"""Probes of endpoints that are reached through a Unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.control.probes.served import ask, reply

from readylb.control.probes.http_get import http_get
from readylb.control.probes.outcome import Outcome
from readylb.control.probes.tcp_socket import tcp_socket
from readylb.model.probe import HTTPGetAction, Probe, ProbeResult, TCPSocketAction

GET = HTTPGetAction(path="/readyz", port="http")


@asynccontextmanager
async def served(path: Path, answer: Callable[[bytes], bytes]) -> AsyncIterator[list[bytes]]:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer(heads[-1]))
        except asyncio.IncompleteReadError:
            heads.append(b"")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(talk, path)
    try:
        yield heads
    finally:
        server.close()
        await server.wait_closed()


async def test_http_is_asked_through_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    async with served(path, lambda _: reply(body=b"fine")) as heads:
        outcome = await http_get(ask(Probe(), pod_ip=f"unix:{path}"), GET)
    assert outcome == Outcome(ProbeResult.SUCCESS, "fine")
    assert heads[0].startswith(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n")


async def test_redirects_of_the_endpoint_to_itself_stay_on_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"

    def answer(head: bytes) -> bytes:
        return reply() if b"/there" in head else reply("302 Found", b"", "Location: /there")

    async with served(path, answer) as heads:
        outcome = await http_get(ask(Probe(), pod_ip=f"unix:{path}"), GET)
    assert (outcome.result, len(heads)) == (ProbeResult.SUCCESS, 2)


async def test_an_answer_that_is_none_names_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    async with served(path, lambda _: b"") as heads:
        outcome = await http_get(ask(Probe(), pod_ip=f"unix:{path}"), GET)
    assert (outcome.result, len(heads)) == (ProbeResult.FAILURE, 1)
    assert outcome.output.startswith('Get "http://localhost/readyz": ')


async def test_a_connection_is_enough_for_a_tcp_probe(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    async with served(path, lambda _: b"") as heads:
        outcome = await tcp_socket(ask(Probe(), pod_ip=f"unix:{path}"), TCPSocketAction(port="http"))
        assert outcome == Outcome(ProbeResult.SUCCESS)
        async with asyncio.timeout(5):
            # It is accepted a moment after it was closed, and the server must not go before.
            while not heads:  # noqa: ASYNC110 - the server has no event to tell it with
                await asyncio.sleep(0.01)
    assert heads == [b""], "nothing is said"


async def test_a_socket_that_nobody_has_made_refuses(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    outcome = await tcp_socket(ask(Probe(), pod_ip=f"unix:{path}"), TCPSocketAction(port=8080))
    text = f"dial unix {path}: connect: no such file or directory"
    assert outcome == Outcome(ProbeResult.FAILURE, text, refused=True)
