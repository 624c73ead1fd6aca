"""Probes of endpoints that expect the PROXY protocol."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from tests.control.probes.served import ask, reply, serve

from readylb.control.probes.ask import Ask
from readylb.control.probes.dial import DialError, dial
from readylb.control.probes.http_get import http_get
from readylb.control.probes.preface import preface
from readylb.control.probes.tcp_socket import tcp_socket
from readylb.model.meta import ObjectMeta
from readylb.model.probe import HTTPGetAction, Probe, ProbeResult, TCPSocketAction

UNKNOWN = b"PROXY UNKNOWN\r\n"
LOCAL = b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"


def expecting(version: str, port: int, *, pod_ip: str = "127.0.0.1") -> Ask:
    asked = ask(Probe(), port, pod_ip=pod_ip)
    notes = {"readylb.io/probe-send-proxy": version}
    meta = ObjectMeta(name="web", namespace="default", annotations=notes)
    return replace(asked, pod=replace(asked.pod, metadata=meta))


async def test_an_http_probe_says_first_that_it_is_nobodys_connection() -> None:
    async with serve(reply()) as served:
        outcome = await http_get(expecting("v1", served.port), HTTPGetAction(port="http"))
    assert outcome.result is ProbeResult.SUCCESS
    assert served.requests[0].startswith(UNKNOWN + b"GET / HTTP/1.1\r\n")


async def test_so_does_each_request_of_a_chain_of_redirects() -> None:
    async with serve(lambda n: reply() if n else reply("302 Found", b"", "Location: /there")) as served:
        outcome = await http_get(expecting("v1", served.port), HTTPGetAction(port="http"))
    assert outcome.result is ProbeResult.SUCCESS
    assert [request.startswith(UNKNOWN + b"GET /") for request in served.requests] == [True, True]


async def said_to(path: Path | None, probe_it) -> bytes:
    """Return what a probe said to a plain server until it closed."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())
        writer.close()

    if path is None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        outcome = await probe_it(server.sockets[0].getsockname()[1])
    else:
        server = await asyncio.start_unix_server(talk, path)
        outcome = await probe_it(8080)
    assert outcome.result is ProbeResult.SUCCESS
    said = await asyncio.wait_for(heard, 5)
    server.close()
    await server.wait_closed()
    return said


async def test_a_tcp_probe_says_nothing_else() -> None:
    action = TCPSocketAction(port="http")
    assert await said_to(None, lambda port: tcp_socket(expecting("v2", port), action)) == LOCAL


async def test_it_is_said_through_unix_sockets_as_well(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    asked = expecting("v1", 8080, pod_ip=f"unix:{path}")
    assert await said_to(path, lambda _: tcp_socket(asked, TCPSocketAction(port="http"))) == UNKNOWN


async def test_it_comes_before_tls() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self-signed.pem"))

    def talk(server: socket.socket) -> tuple[bytes, bytes]:
        server.settimeout(5)
        plain, _ = server.accept()
        first = plain.recv(len(LOCAL), socket.MSG_WAITALL)
        with context.wrap_socket(plain, server_side=True) as secure:
            asked = secure.recv(65536)
            secure.sendall(reply())
            return first, asked

    with socket.create_server(("127.0.0.1", 0)) as server:
        said = asyncio.get_running_loop().run_in_executor(None, talk, server)
        action = HTTPGetAction(port="http", scheme="HTTPS")
        outcome = await http_get(expecting("v2", server.getsockname()[1]), action)
        first, asked = await said
    assert outcome.result is ProbeResult.SUCCESS
    assert (first, asked[:6]) == (LOCAL, b"GET / ")


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 9999), ("192.0.2.1", 8080)], ids=["another port", "another host"]
)
def test_it_is_not_said_elsewhere(host: str, port: int) -> None:
    asked = expecting("v1", 8080)
    assert preface(asked, "127.0.0.1", 8080) == UNKNOWN
    assert preface(asked, host, port) == b""


def test_it_is_not_said_where_nobody_asked_for_it_or_nobody_can_tell_what() -> None:
    assert preface(ask(Probe()), "127.0.0.1", 8080) == b""
    assert preface(expecting("v3", 8080), "127.0.0.1", 8080) == b""


async def test_a_port_that_refuses_is_a_refusal_all_the_same(unused_tcp_port: int) -> None:
    with pytest.raises(DialError, match="connection refused") as caught:
        await dial(asyncio.Protocol, "127.0.0.1", unused_tcp_port, preface=UNKNOWN)
    assert caught.value.refused
