from __future__ import annotations

import asyncio
import socket
import struct

import pytest
from tests.data.rig import KEY, answer, read_head, turns

from readylb.data.splice import LONG_BYTES

_SAID = answer(b"too big", status=b"413 Content Too Large")


def _reset(writer):
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _upload(balancer, said, fields=b""):
    """Write on to an endpoint that has said something not read yet, and has reset; return what comes."""

    async def script(reader, writer):
        await read_head(reader)
        asked.set()
        await go.wait()
        writer.write(said)
        await turns()
        _reset(writer)
        gone.set()

    asked, go, gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    writer.write(b"PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n" + fields + b"\r\n")
    await asyncio.wait_for(asked.wait(), 5)
    (endpoint,) = balancer.worker._services[KEY].table.endpoints
    (upstream,) = endpoint.upstreams
    upstream.transport.pause_reading()
    go.set()
    await asyncio.wait_for(gone.wait(), 5)
    while not writer.is_closing() and upstream.exchange is not None:
        writer.write(b"x")
        await turns()
    got = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return got


@pytest.mark.parametrize("fields", [b"", b"Expect: 100-continue\r\n"])
async def test_what_an_endpoint_said_before_it_reset_an_upload_reaches_the_client(balancer, fields):
    got = await _upload(balancer, _SAID, fields)

    assert got.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    assert b"\r\nConnection: close\r\n" in got
    assert got.endswith(b"\r\n\r\ntoo big")
    assert (await balancer.stats()).terminations == {"Completed": 1}


async def test_half_of_what_an_endpoint_wanted_to_say_is_cut(balancer):
    with pytest.raises(ConnectionResetError):
        await _upload(balancer, _SAID[:-3])
    assert (await balancer.stats()).terminations == {"ResponseCut": 1}


async def test_a_long_answer_to_an_upload_is_not_left_to_the_kernel_once_its_connection_broke(balancer):
    long = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: %d\r\n\r\n" % (2 * LONG_BYTES)
    with pytest.raises(ConnectionResetError):
        await _upload(balancer, long + b"too big")
    assert balancer.worker._services[KEY].splices == 0
    assert (await balancer.stats()).terminations == {"ResponseCut": 1}


async def test_an_endpoint_that_resets_an_upload_in_silence_is_a_bad_gateway(balancer):
    assert (await _upload(balancer, b"")).startswith(b"HTTP/1.1 502 ")
