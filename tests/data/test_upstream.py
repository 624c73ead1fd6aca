from __future__ import annotations

import asyncio

import pytest
from tests.data.rig import GET, LARGE_BYTES, LAST, MOST_BUFFERED_BYTES, answer, read_head, turns

OK = b"HTTP/1.1 200 OK\r\n"


def saying(*pieces: bytes, then_close: bool = True):
    async def script(reader, writer):
        await read_head(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await turns()
        if then_close:
            writer.close()

    return script


@pytest.mark.parametrize(
    "response",
    [
        b"garbage\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        OK + b"Content-Length: 5, 5\r\n\r\nhello",
        OK + b"Content-Length: +5\r\n\r\nhello",
        OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\nxx",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
        OK + b"X : a\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        OK + b"X: " + b"a" * 70000 + b"\r\n\r\n",
    ],
)
async def test_a_response_that_is_not_valid_is_502(balancer, response):
    await balancer.start()
    endpoint = await balancer.endpoint(saying(response, then_close=False))
    await balancer.ready(endpoint)

    got = await balancer.exchange(LAST)

    assert got.startswith(b"HTTP/1.1 502 ")
    await asyncio.wait_for(endpoint.lost.wait(), 2)


async def test_bytes_behind_a_response_end_its_connection_and_go_nowhere(balancer):
    async def script(reader, writer):
        await read_head(reader)
        writer.write(answer(b"ok") + answer(b"evil"))

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    for _ in range(2):
        writer.write(GET)
        await read_head(reader)
        assert await reader.readexactly(2) == b"ok"
    writer.close()

    assert endpoint.connections == 2


async def test_a_response_that_nobody_asked_for_reaches_nobody(balancer):
    async def script(reader, writer):
        while True:
            await read_head(reader)
            writer.write(answer(b"ok"))
            await writer.drain()
            await turns()
            writer.write(answer(b"no"))

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)

    assert (await balancer.exchange(LAST)).endswith(b"ok")
    await asyncio.wait_for(endpoint.lost.wait(), 2)
    assert (await balancer.exchange(LAST)).endswith(b"ok")


async def test_interim_responses_are_passed_on(balancer):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
    await balancer.start()
    await balancer.ready(await balancer.endpoint(saying(hints + hints, answer(b"ok"))))

    got = await balancer.exchange(LAST)

    assert got.startswith(hints + hints + b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"ok")


async def test_interim_responses_do_not_reach_http_1_0(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint(saying(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(b"ok"))))

    got = await balancer.exchange(b"GET / HTTP/1.0\r\n\r\n")

    assert got.count(b"HTTP/1.1") == 1
    assert got.endswith(b"ok")


async def test_a_chunked_response_is_passed_on_as_it_came(balancer):
    body = b'3;a="b"\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\nTransfer-Encoding: evil\r\n\r\n'
    hops = b"Keep-Alive: timeout=5\r\nConnection: X-Secret\r\nX-Secret: 1\r\n"
    head = OK + b"Transfer-Encoding: chunked\r\n" + hops + b"\r\n"
    await balancer.start()
    await balancer.ready(await balancer.endpoint(saying(head + body[:9], body[9:])))

    got = await balancer.exchange(LAST)

    assert got.endswith(b'\r\n\r\n3;a="b"\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n')
    assert b"Keep-Alive" not in got
    assert b"X-Secret" not in got


@pytest.mark.parametrize(
    "pieces",
    [
        (OK + b"Content-Length: 10\r\n\r\nabc",),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"XX\r\n"),
    ],
)
async def test_a_body_cut_short_reaches_the_client_as_a_cut(balancer, pieces):
    await balancer.start()
    await balancer.ready(await balancer.endpoint(saying(*pieces)))

    with pytest.raises(ConnectionResetError):
        await balancer.exchange(LAST)
    assert sum((await balancer.stats()).terminations.values()) == 1


async def test_a_body_that_ends_with_its_connection_becomes_chunked(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint(saying(OK + b"\r\nabc", b"de")))

    got = await balancer.exchange(LAST)

    assert b"Transfer-Encoding: chunked" in got
    assert got.endswith(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_statuses_without_a_body_keep_the_connection(balancer, status):
    async def script(reader, writer):
        while True:
            await read_head(reader)
            writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n")

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    for _ in range(3):
        writer.write(GET)
        assert status in await read_head(reader)
    writer.close()

    assert endpoint.connections == 1


async def test_a_slow_reader_does_not_fill_memory(balancer):
    size = LARGE_BYTES
    sent = 0

    async def script(reader, writer):
        nonlocal sent
        await read_head(reader)
        writer.write(OK + b"Content-Length: %d\r\n\r\n" % size)
        block = b"x" * 65536
        for _ in range(size // len(block)):
            writer.write(block)
            await writer.drain()
            sent += len(block)

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    writer.write(LAST)
    await read_head(reader)
    before = -1
    while before != sent:
        before = sent
        await turns(100)

    # What is on the way sits in socket buffers and one read in each process, not in a pile.
    assert sent < MOST_BUFFERED_BYTES
    received = 0
    while block := await reader.read(1 << 20):
        received += len(block)
    writer.close()
    assert received == size


async def test_a_slow_endpoint_does_not_fill_memory(balancer):
    size = LARGE_BYTES
    go = asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        await go.wait()
        left = size
        while left:
            left -= len(await reader.read(1 << 20))
        writer.write(answer(b"ok"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    writer.write(b"POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size)
    sent = 0
    block = b"x" * 65536
    while sent < size:
        writer.write(block)
        sent += len(block)
        try:
            await asyncio.wait_for(writer.drain(), 0.3)
        except TimeoutError:
            break
    assert sent < MOST_BUFFERED_BYTES
    go.set()
    while sent < size:
        await writer.drain()
        writer.write(block)
        sent += len(block)

    assert (await asyncio.wait_for(reader.read(), 20)).endswith(b"ok")
    writer.close()
