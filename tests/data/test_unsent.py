"""What is known of a request by what the kernel has taken of it: whether its endpoint can have begun it."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.data.rig import GET, KEY, answer, read_head

from readylb.data.sweep import TICK_SECONDS
from readylb.wire.messages import EndpointEntry, EndpointsApplied, SetEndpoints

_STALE = answer(b"stale")


def _socket() -> socket.socket:
    made = socket.socket()
    made.setblocking(False)
    return made


async def _heard(connection: socket.socket, end: bytes = b"\r\n\r\n") -> bytes:
    """Return what is there once `end` has come, or the other side has ended."""
    loop = asyncio.get_running_loop()
    data = b""
    async with asyncio.timeout(5):
        while end not in data and (piece := await loop.sock_recv(connection, 65536)):
            data += piece
    return data


async def _accepted(server: socket.socket) -> socket.socket:
    async with asyncio.timeout(5):
        connection, _ = await asyncio.get_running_loop().sock_accept(server)
    return connection


@pytest.mark.parametrize("stale", [_STALE, b"HTTP/1.1 408 ", b"\x00"])
async def test_bytes_that_came_before_a_request_was_sent_do_not_answer_it(balancer, stale):
    await balancer.start()
    with socket.create_server(("127.0.0.1", 0)) as server, _socket() as client:
        server.setblocking(False)
        await balancer.ready(server.getsockname()[1])
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", balancer.port))
        client.send(GET)
        with await _accepted(server) as kept:
            await _heard(kept)
            kept.send(answer(b"first"))
            await _heard(client, b"first")

            await asyncio.sleep(2 * TICK_SECONDS)
            # Both are there before the loop looks: it takes the request first, the bytes in the same turn.
            client.send(GET)
            kept.send(stale)
            with await _accepted(server) as fresh:
                assert b"GET /" in await _heard(fresh)
                fresh.send(answer(b"second"))
                assert b"stale" not in await _heard(client, b"second")
            with pytest.raises(ConnectionResetError):  # and nothing was asked there
                await _heard(kept)


@pytest.mark.parametrize("method", [b"POST", b"PUT"])
@pytest.mark.parametrize("reused", [False, True])
async def test_an_upload_that_is_under_way_goes_on_where_its_endpoint_terminates(balancer, method, reused):
    taken, go = asyncio.Event(), asyncio.Event()
    size = 8 * 1024 * 1024

    async def slow(reader, writer):
        if reused:
            await read_head(reader)
            writer.write(answer(b"first"))
        await read_head(reader)
        taken.set()
        await go.wait()
        body = await reader.readexactly(size)
        writer.write(answer(b"took %d" % len(body)))

    await balancer.start()
    endpoint = await balancer.endpoint(slow)
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    if reused:
        writer.write(GET)
        await reader.readuntil(b"first")
    writer.write(b"%b / HTTP/1.1\r\nHost: web\r\nContent-Length: %d\r\n\r\n" % (method, size))
    writer.write(bytes(size))
    await taken.wait()
    await asyncio.sleep(0.1)

    goes = EndpointEntry(f"uid-{endpoint.port}", "web-0", "127.0.0.1", endpoint.port, False, False, True)
    balancer.control.send(SetEndpoints(key=KEY, generation=7, endpoints=(goes,)))
    await balancer.message(EndpointsApplied, lambda m: m.generation == 7)
    go.set()
    assert await asyncio.wait_for(reader.readuntil(b"took %d" % size), 5)
    writer.close()
