from __future__ import annotations

import asyncio
import os
from itertools import pairwise

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.rig import GET, KEY, LAST, Balancer, answer, read_head

from readylb.wire.messages import Limits


async def test_a_request_reaches_an_endpoint_and_its_answer_comes_back(balancer):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)

    got = await balancer.exchange(LAST)

    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"\r\n\r\nfrom %d" % endpoint.port)
    head = endpoint.heads[0]
    assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in head
    assert b"\r\nX-Forwarded-Proto: http\r\n" in head
    assert b"\r\nX-Forwarded-Host: web\r\n" in head
    assert b"\r\nVia: 1.1 readylb\r\n" in head
    assert b"onnection" not in head


async def test_connections_are_kept_on_both_sides(balancer):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()

    for _ in range(5):
        writer.write(GET)
        assert b"200 OK" in await read_head(reader)
        await reader.readexactly(len(b"from %d" % endpoint.port))
    writer.close()

    assert len(endpoint.heads) == 5
    assert endpoint.connections == 1


async def test_pipelined_requests_are_answered_in_order(balancer):
    async def script(reader, writer):
        while True:
            head = await read_head(reader)
            await asyncio.sleep(0.02 if b"/0 " in head else 0)
            writer.write(answer(head.split(b" ")[1]))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script), await balancer.endpoint(script))
    requests = b"".join(GET.replace(b"/ ", b"/%d " % n) for n in range(40))

    got = await balancer.exchange(requests + LAST.replace(b"/ ", b"/40 "))

    assert [part.split(b"\r\n\r\n")[1].split(b"HTTP")[0] for part in got.split(b"HTTP/1.1 200 OK")[1:]] == [
        b"/%d" % n for n in range(41)
    ]


async def test_the_refusal_of_a_pipelined_request_comes_after_the_answers_before_it(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint())

    got = await balancer.exchange(GET + b"GET / HTTP/1.1\r\nHost : web\r\n\r\n" + GET)

    assert got.index(b"200 OK") < got.index(b"400 Bad Request")
    assert got.count(b"HTTP/1.1 ") == 2


async def test_a_half_closed_client_still_gets_its_answer(balancer):
    async def script(reader, writer):
        await read_head(reader)
        await asyncio.sleep(0.05)
        writer.write(answer(b"late"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))

    assert (await balancer.exchange(GET, half_close=True)).endswith(b"late")


async def test_http_1_0_gets_its_answer_and_the_close(balancer):
    async def script(reader, writer):
        await read_head(reader)
        writer.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
        )

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)

    got = await balancer.exchange(b"GET / HTTP/1.0\r\n\r\n")

    assert b"chunked" not in got
    assert got.endswith(b"\r\n\r\nabcde")


async def test_a_body_with_a_length_is_passed_on(balancer):
    received = []

    async def script(reader, writer):
        await read_head(reader)
        received.append(await reader.readexactly(100_000))
        writer.write(answer(b"done"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    head = b"POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"

    assert (await balancer.exchange(head + b"x" * 100_000)).endswith(b"done")
    assert received == [b"x" * 100_000]


async def test_a_chunked_body_is_passed_on_as_it_came(balancer):
    received = []
    body = b'5\r\nhello\r\n6;name="a;b"\r\n world\r\n0\r\n\r\n'

    async def script(reader, writer):
        await read_head(reader)
        received.append(await reader.readexactly(len(body)))
        writer.write(answer(b"done"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    head = b"POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert (await balancer.exchange(head + body)).endswith(b"done")
    assert received == [body]


async def test_a_broken_chunk_closes_the_endpoint_connection_and_is_answered_400(balancer):
    received = []

    async def script(reader, writer):
        await read_head(reader)
        received.append(await reader.read())

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    head = b"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n"

    got = await balancer.exchange(head + b"5\r\nhello\r\nZZ\r\n" + GET)

    assert got.startswith(b"HTTP/1.1 400 ")
    assert got.count(b"HTTP/1.1") == 1
    await asyncio.wait_for(endpoint.lost.wait(), 5)
    assert received in ([], [b"5\r\nhello\r\n"])


async def test_trailers_are_passed_on_without_those_that_do_not_belong_there(balancer):
    received = []

    async def script(reader, writer):
        await read_head(reader)
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer(b"done"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    head = b"POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    await balancer.exchange(head + b"1\r\na\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nHost: evil\r\n\r\n")

    assert received == [b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"]


async def test_expect_100_continue_goes_end_to_end(balancer):
    async def script(reader, writer):
        head = await read_head(reader)
        assert b"Expect: 100-continue" in head
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(5)
        writer.write(answer(body))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    writer.write(b"PUT / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")

    assert await read_head(reader) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"hello")
    assert b"200 OK" in await read_head(reader)
    assert await reader.readexactly(5) == b"hello"
    writer.close()


async def test_an_early_answer_reaches_the_client_and_ends_its_connection(balancer):
    async def script(reader, writer):
        await read_head(reader)
        writer.write(answer(b"too big", status=b"413 Content Too Large"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    head = b"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n\r\n"
    reader, writer = await balancer.connect()
    writer.write(head + b"x")

    got = await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert b"413 Content Too Large" in got
    assert b"Connection: close" in got


async def test_a_client_that_goes_away_cancels_the_request_at_the_endpoint(balancer):
    asked = asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        asked.set()

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    _, writer = await balancer.connect()
    writer.write(GET)
    await asyncio.wait_for(asked.wait(), 5)
    writer.get_extra_info("socket").setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER 0: a reset
    writer.transport.abort()

    await asyncio.wait_for(endpoint.lost.wait(), 2)
    assert (await balancer.stats()).terminations == {"ClientGone": 1}


async def test_a_head_that_does_not_come_in_time_is_answered_408(balancer):
    await balancer.start(limits=Limits(head_seconds=0.1))
    await balancer.ready(await balancer.endpoint())

    got = await balancer.exchange(b"GET / HTTP/1.1\r\nHost:")

    assert got.startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_stalls_is_answered_408(balancer):
    async def script(reader, writer):
        await read_head(reader)

    await balancer.start(limits=Limits(body_stall_seconds=0.1))
    await balancer.ready(await balancer.endpoint(script))

    got = await balancer.exchange(b"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\nabc")

    assert got.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("method", [b"PUT", b"POST"])
async def test_an_endpoint_that_says_nothing_to_an_expectation_is_too_slow(balancer, method):
    """RFC 9110 §10.1.1: the client waits for the 100, so the silence is not its own."""

    async def script(reader, writer):
        await read_head(reader)

    await balancer.start(limits=Limits(body_stall_seconds=0.1))
    await balancer.ready(await balancer.endpoint(script))
    head = b" / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"

    assert (await balancer.exchange(method + head)).startswith(b"HTTP/1.1 504 ")
    assert (await balancer.stats()).terminations == {"ResponseTimeout": 1}


@pytest.mark.parametrize("early", [b"", b"abc"])
async def test_a_client_that_was_told_to_continue_and_does_not_is_too_slow(balancer, early):
    async def script(reader, writer):
        await read_head(reader)
        if not early:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    await balancer.start(limits=Limits(body_stall_seconds=0.1))
    await balancer.ready(await balancer.endpoint(script))
    head = b"PUT / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"

    assert b"HTTP/1.1 408 " in await balancer.exchange(head + early)


async def test_an_idle_connection_closes_in_silence(balancer):
    await balancer.start(limits=Limits(head_seconds=0.1))

    assert await balancer.exchange(b"") == b""


async def test_a_request_that_is_here_when_patience_ends_is_served(balancer):
    """Closing on bytes that nobody has read yet would reset the connection, and lose them."""
    await balancer.start()
    await balancer.ready(await balancer.endpoint())
    reader, writer = await balancer.connect()
    writer.write(GET)
    await read_head(reader)
    (client,) = balancer.worker._services[KEY].clients
    os.write(writer.get_extra_info("socket").fileno(), LAST)
    client.expired(0.0)
    assert b"HTTP/1.1 200 OK" in await asyncio.wait_for(reader.read(), 5)
    writer.close()


async def test_an_upload_that_is_answered_early_goes_on_as_long_as_it_moves(balancer):
    """RFC 9112 §9.5: neither side's silence counts while the other's bytes flow."""

    async def script(reader, writer):
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nearly")
        await reader.readexactly(6)
        writer.write(b" late")

    await balancer.start(limits=Limits(response_stall_seconds=0.6))
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    writer.write(b"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 6\r\n\r\n")
    for _ in range(6):
        await asyncio.sleep(0.2)
        writer.write(b"x")
    assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"early late")
    writer.close()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\nHost: web\n\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: web\r\nX: a\x00b\r\n\r\n", b"400"),
        (b"GET / HTTP/2.0\r\nHost: web\r\n\r\n", b"400"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
        (b"CONNECT web:80 HTTP/1.1\r\nHost: web\r\n\r\n", b"405"),
        (b"BREW / HTTP/1.1\r\nHost: web\r\n\r\n", b"501"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: web\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: web\r\nX: " + b"a" * 40000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: web\r\n" + b"X: a\r\n" * 101 + b"\r\n", b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
    ],
)
async def test_what_is_not_forwarded_is_answered_and_closed(balancer, request_bytes, status):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)

    got = await balancer.exchange(request_bytes)

    assert got.split(b" ")[1] == status
    assert b"\r\nConnection: close\r\n" in got
    assert endpoint.heads == []


CHUNKED = (
    b"POST /b HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\n0\r\nX: y\r\n\r\n"
)
LENGTH = b"PUT /c HTTP/1.1\r\nHost: web\r\nContent-Length: 11\r\n\r\nhello world"
STREAM = GET + CHUNKED + b"\r\n" + LENGTH + LAST


class Recorder:
    """Parses what it gets just enough to answer it, and keeps every byte."""

    def __init__(self) -> None:
        self.received = b""

    async def script(self, reader, writer):
        while True:
            head = await read_head(reader)
            body = b""
            if b"chunked" in head:
                body = await reader.readuntil(b"\r\n\r\n")
            elif b"Content-Length" in head:
                body = await reader.readexactly(11)
            self.received += head + body
            writer.write(answer(b"ok"))


async def forwarded(pieces: list[bytes]) -> bytes:
    balancer = Balancer()
    await balancer.start()
    recorder = Recorder()
    await balancer.ready(await balancer.endpoint(recorder.script))
    reader, writer = await balancer.connect()
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.001)
    await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await balancer.stop()
    return recorder.received


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.integers(min_value=1, max_value=len(STREAM) - 1), max_size=6))
def test_any_split_of_the_stream_gives_the_same_forwarded_bytes(cuts):
    edges = [0, *sorted(set(cuts)), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]

    async def compare():
        return await forwarded([STREAM]), await forwarded(pieces)

    whole, split = uvloop.run(compare())

    assert whole.count(b"HTTP/1.1") == 4
    assert split == whole
