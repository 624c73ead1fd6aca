from __future__ import annotations

import asyncio

from tests.data.rig import LAST, answer, read_head

from readylb.wire.messages import Limits


async def test_auto_serves_http(balancer):
    await balancer.start(protocol="auto")
    await balancer.ready(await balancer.endpoint())

    assert b"200 OK" in await balancer.exchange(LAST)
    stats = await balancer.stats()
    assert (stats.connections, stats.open_connections) == (1, 0)


async def test_auto_serves_anything_else_byte_for_byte(balancer):
    async def echo(reader, writer):
        writer.write(await reader.readexactly(4))

    await balancer.start(protocol="auto")
    await balancer.ready(await balancer.endpoint(echo))
    reader, writer = await balancer.connect()
    writer.write(b"\x16\x03\x01\x00")

    assert await reader.readexactly(4) == b"\x16\x03\x01\x00"
    writer.close()


async def test_auto_lets_the_server_speak_first(balancer):
    async def greet(reader, writer):
        writer.write(b"220 hello\r\n")

    await balancer.start(protocol="auto")
    await balancer.ready(await balancer.endpoint(greet))
    reader, writer = await balancer.connect()

    assert await asyncio.wait_for(reader.readline(), 3) == b"220 hello\r\n"
    writer.close()


async def test_a_quiet_client_of_its_own_time_is_given_that_time(balancer):
    async def greet(reader, writer):
        writer.write(b"220 hello\r\n")

    await balancer.start(protocol="auto", detect_seconds=0.01)
    await balancer.ready(await balancer.endpoint(greet))
    reader, writer = await balancer.connect()

    assert await asyncio.wait_for(reader.readline(), 0.4) == b"220 hello\r\n"
    writer.close()


async def test_bytes_that_end_early_are_carried_with_their_end(balancer):
    async def echo(reader, writer):
        writer.write(await reader.read() + b" and the end")
        writer.write_eof()

    await balancer.start(protocol="auto")
    await balancer.ready(await balancer.endpoint(echo))

    assert await balancer.exchange(b"PING", half_close=True) == b"PING and the end"


async def test_what_was_meant_as_http_is_refused_as_http(balancer):
    await balancer.start(protocol="auto")
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)

    assert (await balancer.exchange(b"G@T / HTTP/1.1\r\nHost: web\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    assert endpoint.connections == 0


async def test_a_client_that_is_slow_with_its_request_does_not_get_past_what_http_is_held_to(balancer):
    await balancer.start(protocol="auto", detect_seconds=0.01, limits=Limits(head_seconds=0.1))
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    writer.write(b"GE")

    assert (await asyncio.wait_for(reader.readline(), 5)) == b"HTTP/1.1 408 Request Timeout\r\n"
    assert endpoint.connections == 0
    writer.close()


async def test_a_request_in_pieces_is_still_http(balancer):
    async def serve(reader, writer):
        head = await read_head(reader)
        writer.write(answer(b"forwarded" if b"X-Forwarded-For" in head else b"raw"))

    await balancer.start(protocol="auto")
    await balancer.ready(await balancer.endpoint(serve))
    reader, writer = await balancer.connect()
    for piece in (b"GE", b"T ", b"/ HTTP/1.1\r\nHo", b"st: web\r\n\r\n"):
        writer.write(piece)
        await asyncio.sleep(0.01)
    assert b"forwarded" in await asyncio.wait_for(reader.readuntil(b"forwarded"), 2)
    writer.close()


async def test_clients_that_have_said_nothing_count_as_open_and_leave_no_trace(balancer):
    await balancer.start(protocol="auto")
    await balancer.ready(await balancer.endpoint())
    _, writer = await balancer.connect()
    writer.close()
    await balancer.exchange(b"", half_close=True)
    stats = await balancer.stats()
    assert (stats.connections, stats.open_connections) == (0, 0)
