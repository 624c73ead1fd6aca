from __future__ import annotations

import asyncio
import time

import pytest
from tests.data.rig import GET, LAST, answer, read_head

from readylb.wire.messages import Limits, PassiveReport


def post(body: bytes = b"x") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


async def reset(reader, writer):
    """Take the request, then die without a byte of an answer."""
    await read_head(reader)
    writer.transport.abort()


async def test_round_robin_gives_each_endpoint_its_turn(balancer):
    await balancer.start()
    endpoints = [await balancer.endpoint() for _ in range(3)]
    await balancer.ready(*endpoints)

    for _ in range(6):
        await balancer.exchange(LAST)

    assert [len(endpoint.heads) for endpoint in endpoints] == [2, 2, 2]


async def test_a_refused_connection_is_tried_on_another_endpoint(balancer, closed_port):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(closed_port, endpoint)

    answers = [await balancer.exchange(LAST) for _ in range(4)]

    assert all(b"200 OK" in got for got in answers)
    report = await balancer.message(PassiveReport)
    assert (report.uid, report.reason) == (f"uid-{closed_port}", "ConnectFailed")
    # The first refusal excludes it: nobody else has to find out.
    assert (await balancer.stats()).retries == 1


async def test_a_post_whose_connection_is_refused_is_tried_on_another_endpoint(balancer, closed_port):
    received = []

    async def script(reader, writer):
        await read_head(reader)
        received.append(await reader.readexactly(300_000))
        writer.write(answer(b"ok"))

    await balancer.start()
    await balancer.ready(closed_port, await balancer.endpoint(script))

    assert b"200 OK" in await balancer.exchange(post(b"y" * 300_000))
    assert received == [b"y" * 300_000]


async def test_all_endpoints_refused_is_502(balancer, closed_port):
    await balancer.start()
    await balancer.ready(closed_port)

    got = await balancer.exchange(LAST)

    assert got.startswith(b"HTTP/1.1 502 ")
    assert got.endswith(b"default/web: web-0 could not be reached\n")


async def test_a_get_without_an_answer_is_tried_on_another_endpoint(balancer):
    await balancer.start()
    broken, good = await balancer.endpoint(reset), await balancer.endpoint()
    await balancer.ready(broken, good)

    assert b"200 OK" in await balancer.exchange(LAST)
    assert (broken.connections, len(good.heads)) == (1, 1)


async def test_a_put_that_is_held_whole_is_sent_again(balancer):
    received = []

    async def script(reader, writer):
        await read_head(reader)
        received.append(await reader.readexactly(5))
        writer.write(answer(b"ok"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(reset), await balancer.endpoint(script))

    got = await balancer.exchange(post(b"hello").replace(b"POST", b"PUT"))

    assert b"200 OK" in got
    assert received == [b"hello"]


async def test_a_post_is_never_executed_twice(balancer):
    await balancer.start()
    broken, good = await balancer.endpoint(reset), await balancer.endpoint()
    await balancer.ready(broken, good)

    got = await balancer.exchange(post())

    assert got.startswith(b"HTTP/1.1 502 ")
    assert got.endswith(b"closed the connection without an answer\n")
    assert (broken.connections, good.connections) == (1, 0)


async def test_a_dead_pooled_connection_never_shows(balancer):
    async def one_then_reset(reader, writer):
        await read_head(reader)
        writer.write(answer(b"ok"))
        if endpoint.connections == 1:
            await reader.readexactly(1)
            writer.transport.abort()
            return
        while True:
            await read_head(reader)
            writer.write(answer(b"ok"))

    await balancer.start()
    endpoint = await balancer.endpoint(one_then_reset)
    await balancer.ready(endpoint)

    for _ in range(3):
        assert b"200 OK" in await balancer.exchange(LAST)
    assert endpoint.connections == 2


async def test_a_dead_pooled_connection_is_no_try(balancer):
    async def one_each(reader, writer):
        await read_head(reader)
        writer.write(answer(b"ok"))
        await reader.readexactly(1)
        writer.transport.abort()

    await balancer.start(limits=Limits(tries=1))
    await balancer.ready(await balancer.endpoint(one_each))

    for _ in range(3):
        assert b"200 OK" in await balancer.exchange(LAST)


async def test_a_pooled_connection_that_was_closed_gets_no_post(balancer):
    executed = []

    async def close_after_one(reader, writer):
        head = await read_head(reader)
        executed.append(head[:4])
        writer.write(answer(b"ok"))
        await writer.drain()
        writer.close()

    await balancer.start()
    await balancer.ready(await balancer.endpoint(close_after_one))

    assert b"200 OK" in await balancer.exchange(LAST)
    assert b"200 OK" in await balancer.exchange(post())
    assert executed == [b"GET ", b"POST"]


async def test_no_ready_endpoint_is_503_at_once(balancer):
    await balancer.start()
    await balancer.ready(reason="no pod is ready: web-0 failed its readiness probe", retry_after=7)

    started = time.monotonic()
    got = await balancer.exchange(LAST)

    assert time.monotonic() - started < 0.2
    assert got.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 7\r\n" in got
    assert got.endswith(b"\r\n\r\ndefault/web: no pod is ready: web-0 failed its readiness probe\n")


async def test_an_answer_of_503_keeps_the_connection(balancer):
    await balancer.start()
    reader, writer = await balancer.connect()
    writer.write(GET)
    head = await read_head(reader)
    await reader.readline()
    await balancer.ready(await balancer.endpoint())
    writer.write(GET)

    assert b" 503 " in head
    assert b"200 OK" in await read_head(reader)
    writer.close()


async def test_an_endpoint_that_is_too_slow_is_504(balancer):
    async def script(reader, writer):
        await read_head(reader)

    await balancer.start(limits=Limits(response_head_seconds=0.1, connect_seconds=0.05))
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)

    got = await balancer.exchange(LAST)

    assert got.startswith(b"HTTP/1.1 504 ")
    assert got.endswith(b"default/web: web-0 did not answer in time\n")
    await asyncio.wait_for(endpoint.lost.wait(), 2)


async def test_the_time_to_connect_counts_among_the_time_for_the_response(balancer):
    arrived = asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        arrived.set()
        await reader.read()

    await balancer.start(limits=Limits(response_head_seconds=60, connect_seconds=50))
    await balancer.ready(await balancer.endpoint(script))
    _, writer = await balancer.connect()
    writer.write(GET)
    await arrived.wait()
    service = balancer.worker._services["default/web:80"]
    (client,) = service.clients

    # As it would when the time to connect is over.
    client.expired(client.deadline)

    assert client.deadline == service.sweep.now + 60 - 50
    writer.close()


async def test_head_is_answered_without_a_body(balancer):
    async def script(reader, writer):
        while True:
            await read_head(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    for _ in range(3):
        writer.write(GET.replace(b"GET", b"HEAD"))
        assert b"Content-Length: 1000" in await read_head(reader)
    writer.close()

    assert endpoint.connections == 1


async def test_a_table_that_excludes_an_endpoint_is_followed_at_once(balancer):
    await balancer.start()
    out, stays = await balancer.endpoint(), await balancer.endpoint()
    await balancer.ready(out, stays)
    reader, writer = await balancer.connect()
    for _ in range(4):
        writer.write(GET)
        await read_head(reader)
        await reader.readexactly(len(b"from 12345"))
    before = len(out.heads)
    await balancer.ready(stays)
    for _ in range(6):
        writer.write(GET)
        await read_head(reader)
        await reader.readexactly(len(b"from 12345"))
    writer.close()

    assert len(out.heads) == before == 2
    await asyncio.wait_for(out.lost.wait(), 2)
    assert (await balancer.stats()).to_unready == 0


async def test_a_running_request_outlives_the_exclusion_of_its_endpoint(balancer):
    go = asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        await go.wait()
        writer.write(answer(b"finished"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    running = asyncio.ensure_future(balancer.exchange(LAST))  # noqa: TID251 - a test may run two things
    await asyncio.sleep(0.05)
    await balancer.ready()
    go.set()

    assert (await running).endswith(b"finished")


@pytest.mark.parametrize("limit", [1, 2])
async def test_no_more_tries_than_the_limit(balancer, limit):
    await balancer.start(limits=Limits(tries=limit))
    endpoints = [await balancer.endpoint(reset) for _ in range(3)]
    await balancer.ready(*endpoints)

    got = await balancer.exchange(LAST)

    assert got.startswith(b"HTTP/1.1 502 ")
    assert sum(endpoint.connections for endpoint in endpoints) == limit


async def test_rfc9110_7_6_2_a_trace_with_no_hops_left_ends_here(balancer):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)

    got = await balancer.exchange(
        LAST.replace(b"GET", b"TRACE").replace(b"\r\n\r\n", b"\r\nMax-Forwards: 0\r\n\r\n")
    )

    assert got.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: message/http\r\n")
    assert endpoint.heads == []
