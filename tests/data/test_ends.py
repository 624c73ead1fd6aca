"""Endpoints are told who the client is, and may be reached through a Unix socket."""

from __future__ import annotations

import asyncio

import pytest
from tests.data.rig import KEY, LAST, answer, read_head

from readylb.core.proxy_protocol import End, Header, parse, render
from readylb.wire.messages import EndpointEntry, EndpointsApplied, SetEndpoints


class Told:
    """An endpoint that wants a header on each connection."""

    def __init__(self) -> None:
        self.headers: list[Header] = []

    async def __call__(self, reader, writer):
        data = b""
        while (header := parse(data)) is None:
            data += await reader.readexactly(1)
        self.headers.append(header)
        while True:
            await read_head(reader)
            writer.write(answer(b"ok"))


@pytest.mark.parametrize("version", [1, 2])
async def test_each_connection_to_an_endpoint_begins_with_the_clients_ends(balancer, version):
    told = Told()
    await balancer.start(send_proxy=version)
    await balancer.ready(await balancer.endpoint(told))
    reader, writer = await balancer.connect()
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"ok"), 5)).startswith(b"HTTP/1.1 200")
    port = writer.get_extra_info("sockname")[1]
    writer.close()
    here = End("127.0.0.1", balancer.port)
    assert [(h.source, h.destination) for h in told.headers] == [(End("127.0.0.1", port), here)] * 2


async def test_what_a_proxy_told_us_is_passed_on(balancer):
    told = Told()
    await balancer.start(send_proxy=2, proxy_protocol="require", trusted_proxies=("127.0.0.1",))
    await balancer.ready(await balancer.endpoint(told))
    client, there = End("192.0.2.7", 1), End("192.0.2.8", 2)
    await balancer.exchange(render(1, client, there) + LAST)
    assert [(h.source, h.destination) for h in told.headers] == [(client, there)]


async def test_tcp_endpoints_are_told_before_anything_else_even_after_a_refusal(balancer, closed_port):
    async def greet(reader, writer):
        writer.write((await reader.readline()).split()[2] + b" hello")
        writer.close()

    await balancer.start(protocol="tcp", send_proxy=1)
    await balancer.ready(closed_port, await balancer.endpoint(greet))
    assert await balancer.exchange(b"") == b"127.0.0.1 hello"


@pytest.mark.parametrize("protocol", ["http", "tcp"])
async def test_an_endpoint_may_be_a_unix_socket(balancer, tmp_path, protocol):
    hosts = []

    async def serve(reader, writer):
        hosts.append(await read_head(reader))
        writer.write(answer(b"from the socket"))
        writer.close()

    path = tmp_path / "web.sock"
    server = await asyncio.start_unix_server(serve, path)
    await balancer.start(protocol=protocol)
    entries = tuple(
        EndpointEntry(f"u{n}", f"web-{n}", f"unix:{where}", 8080, True, True, False)
        for n, where in enumerate([tmp_path / "gone.sock", path])
    )
    balancer.control.send(SetEndpoints(key=KEY, generation=1, endpoints=entries))
    await balancer.message(EndpointsApplied)

    for _ in range(3):
        said = await balancer.exchange(b"GET / HTTP/1.0\r\n\r\n")
        assert said.endswith(b"from the socket")
    if protocol == "http":
        assert all(b"\r\nHost: localhost\r\n" in head for head in hosts)
    assert (await balancer.stats()).retries >= 1
    server.close()
