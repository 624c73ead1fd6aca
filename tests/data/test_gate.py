from __future__ import annotations

import asyncio
import json

import pytest
from tests.data.rig import LAST, answer, read_head

from readylb.core.proxy_protocol import End, render
from readylb.wire.messages import SetAccessLog

TRUST = {"trusted_proxies": ("127.0.0.1/32",)}
CLIENT = End("192.0.2.7", 4711)
HERE = End("192.0.2.1", 80)
HEADERS = [render(1, CLIENT, HERE), render(2, CLIENT, HERE)]


async def tell(reader, writer):
    """Answer with the client that the head names."""
    while True:
        head = await read_head(reader)
        lines = [line for line in head.split(b"\r\n") if line.lower().startswith(b"x-forwarded-for:")]
        writer.write(answer(lines[0].partition(b": ")[2]))


async def start(balancer, **settings):
    await balancer.start(**settings)
    await balancer.ready(await balancer.endpoint(tell))


async def cut(balancer, request: bytes) -> bool:
    """Whether the connection is closed without a word."""
    reader, writer = await balancer.connect()
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 5) == b""
    except ConnectionError:
        return True
    finally:
        writer.close()


async def test_only_clients_within_the_ranges_are_served(balancer):
    await start(balancer, source_ranges=("10.0.0.0/8", "127.0.0.0/8"))
    assert b"200 OK" in await balancer.exchange(LAST)


async def test_others_are_closed_at_once_and_counted(balancer):
    await start(balancer, source_ranges=("10.0.0.0/8",))
    assert await cut(balancer, LAST)
    stats = await balancer.stats()
    assert stats.terminations == {"SourceNotAllowed": 1}
    assert (stats.connections, stats.open_connections, stats.requests) == (1, 0, 0)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("mode", ["accept", "require"])
async def test_a_trusted_proxy_says_who_the_client_is(balancer, mode, header):
    await start(balancer, proxy_protocol=mode, **TRUST)
    assert (await balancer.exchange(header + LAST)).endswith(b"192.0.2.7")


@pytest.mark.parametrize("header", HEADERS)
async def test_a_header_may_come_in_pieces(balancer, header):
    await start(balancer, proxy_protocol="require", **TRUST)
    reader, writer = await balancer.connect()
    for place in range(len(header)):
        writer.write(header[place : place + 1])
        await asyncio.sleep(0)
    writer.write(LAST)
    assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"192.0.2.7")
    writer.close()


async def test_accept_also_takes_clients_without_a_header(balancer):
    await start(balancer, proxy_protocol="accept", **TRUST)
    assert (await balancer.exchange(LAST)).endswith(b"127.0.0.1")


@pytest.mark.parametrize("mode", ["accept", "require"])
async def test_a_malformed_header_closes(balancer, mode):
    await start(balancer, proxy_protocol=mode, **TRUST)
    assert await cut(balancer, b"PROXY TCP4 192.0.2.7 192.0.2.1 1\r\n" + LAST)
    assert (await balancer.stats()).terminations == {"BadProxyHeader": 1}


async def test_require_closes_without_a_header(balancer):
    await start(balancer, proxy_protocol="require", **TRUST)
    assert await cut(balancer, LAST)


async def test_nobody_else_may_send_a_header(balancer):
    await start(balancer, proxy_protocol="require", trusted_proxies=("10.0.0.0/8",))
    assert await cut(balancer, HEADERS[0] + LAST)
    assert (await balancer.stats()).terminations == {"ProxyHeaderUntrusted": 1}


async def test_a_header_from_others_is_a_bad_request_where_it_is_accepted_from_some(balancer):
    await start(balancer, proxy_protocol="accept", trusted_proxies=("10.0.0.0/8",))
    assert (await balancer.exchange(HEADERS[0] + LAST)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(("ranges", "served"), [(("192.0.2.0/24",), True), (("127.0.0.0/8",), False)])
async def test_ranges_are_about_the_client_that_the_header_names(balancer, ranges, served):
    await start(balancer, proxy_protocol="require", source_ranges=ranges, **TRUST)
    assert await cut(balancer, HEADERS[0] + LAST) is not served


async def test_the_log_names_the_client_that_is_outside_them(balancer, tmp_path):
    await start(balancer, proxy_protocol="require", source_ranges=("127.0.0.0/8",), **TRUST)
    path = tmp_path / "log"
    balancer.control.send(SetAccessLog(str(path), "json"))
    assert await cut(balancer, HEADERS[0] + LAST)
    await balancer.stats()
    (line,) = [json.loads(text) for text in path.read_text().splitlines()]
    assert (line["client"], line["reason"]) == (CLIENT.host, "SourceNotAllowed")


async def test_a_proxys_own_connection_keeps_its_address(balancer):
    await start(balancer, proxy_protocol="require", **TRUST)
    assert (await balancer.exchange(b"PROXY UNKNOWN\r\n" + LAST)).endswith(b"127.0.0.1")


@pytest.mark.parametrize("first", [b"", b"PRO", b"PROXY TCP4 192."])
async def test_what_might_have_become_a_header_is_carried_with_its_end(balancer, first):
    async def echo(reader, writer):
        writer.write(await reader.read() + b" and the end")
        writer.write_eof()

    await balancer.start(protocol="tcp", proxy_protocol="accept", **TRUST)
    await balancer.ready(await balancer.endpoint(echo))
    assert await balancer.exchange(first, half_close=True) == first + b" and the end"


@pytest.mark.parametrize("first", [b"", b"PRO", HEADERS[1][:-1]])
async def test_a_header_that_is_required_and_never_ends_lets_nobody_in(balancer, first):
    endpoint = await balancer.endpoint(tell)
    await balancer.start(protocol="tcp", proxy_protocol="require", **TRUST)
    await balancer.ready(endpoint)
    assert await balancer.exchange(first, half_close=True) == b""
    assert endpoint.connections == 0


async def test_a_header_goes_before_anything_that_tcp_clients_say(balancer):
    async def echo(reader, writer):
        writer.write(await reader.read())

    await balancer.start(protocol="auto", proxy_protocol="accept", **TRUST)
    await balancer.ready(await balancer.endpoint(echo))
    reader, writer = await balancer.connect()
    writer.write(HEADERS[1] + b"\x16\x03")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(2), 5) == b"\x16\x03"
    writer.close()
