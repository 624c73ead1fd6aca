from __future__ import annotations

import asyncio

import pytest
from tests.data.rig import LAST

from readylb.data.detect import looks_like_http


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"PROPFIND /", True),
        (b"G", None),
        (b"GET ", None),
        (b"\r\nGET /", True),
        (b"\x16\x03\x01", False),
        (b"SSH-2.0-OpenSSH", False),
        (b"EHLO\r\n", False),
        (b"*1\r\n$4\r\nPING\r\n", False),
    ],
)
def test_the_first_bytes_tell_http_from_the_rest(first, verdict):
    assert looks_like_http(first) is verdict


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
