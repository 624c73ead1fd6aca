"""What still runs at an endpoint that terminates, when the time that it was given to end is over."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from tests.data.rig import KEY, LAST, answer, read_head

from readylb.wire.messages import EndpointEntry, EndpointsApplied, SetEndpoints

POST = b"POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"


def entry(port: int, number: int = 0, *, terminating: bool = False, cut_at: float = 0.0) -> EndpointEntry:
    ready = not terminating
    return EndpointEntry(
        f"uid-{port}", f"web-{number}", "127.0.0.1", port, ready, ready, terminating, cut_at=cut_at
    )


async def say(balancer, *entries: EndpointEntry) -> None:
    balancer.generation += 1
    wanted = balancer.generation
    balancer.control.send(SetEndpoints(key=KEY, generation=wanted, endpoints=entries))
    await balancer.message(EndpointsApplied, lambda m: m.generation == wanted)


async def asked(balancer, request: bytes, *first: bytes):
    """A request that has had `first` of its response when its endpoint begins to terminate."""
    arrived = asyncio.Event()

    async def slow(reader, writer):
        await read_head(reader)
        for piece in first:
            writer.write(piece)
        arrived.set()
        await asyncio.Event().wait()

    await balancer.start()
    slow_one, good = await balancer.endpoint(slow), await balancer.endpoint()
    await say(balancer, entry(slow_one.port))
    reader, writer = await balancer.connect()
    writer.write(request)
    await arrived.wait()
    return slow_one, good, reader, writer


@pytest.mark.parametrize("gone", [False, True])
async def test_a_request_without_an_answer_is_answered_in_its_place(balancer, gone):
    slow, good, reader, writer = await asked(balancer, POST)
    going = entry(slow.port, terminating=True, cut_at=monotonic() + 1)
    await say(balancer, going, entry(good.port, 1))
    if gone:
        await say(balancer, entry(good.port, 1))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readexactly(1), 0.02)
    got = await asyncio.wait_for(reader.read(), 5)
    assert got.startswith(b"HTTP/1.1 502 ")
    assert got.endswith(b"default/web: web-0 ended before it had answered\n")
    writer.close()
    assert (await balancer.stats()).terminations == {"Drained": 1}


async def test_one_that_may_be_repeated_goes_elsewhere(balancer):
    slow, good, reader, writer = await asked(balancer, LAST)
    await say(balancer, entry(slow.port, terminating=True, cut_at=monotonic()), entry(good.port, 1))
    assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"from %d" % good.port)
    writer.close()
    assert (await balancer.stats()).terminations == {"Completed": 1}


async def test_a_response_that_is_under_way_is_cut(balancer):
    slow, good, reader, writer = await asked(balancer, LAST, answer(b"x" * 100)[:-50])
    await asyncio.wait_for(reader.readuntil(b"xx"), 5)
    await say(balancer, entry(slow.port, terminating=True, cut_at=monotonic()), entry(good.port, 1))
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert (await balancer.stats()).terminations == {"Drained": 1}


async def test_a_tcp_connection_has_until_then(balancer):
    async def echo(reader, writer):
        while data := await reader.read(100):
            writer.write(data)

    await balancer.start(protocol="tcp")
    endpoint = await balancer.endpoint(echo)
    await say(balancer, entry(endpoint.port))
    reader, writer = await balancer.connect()
    writer.write(b"one")
    await reader.readexactly(3)
    await say(balancer, entry(endpoint.port, terminating=True, cut_at=monotonic() + 1.5))
    await say(balancer)
    writer.write(b"two")
    assert await reader.readexactly(3) == b"two", "though it is in no table any more"
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert (await balancer.stats()).terminations == {"Drained": 1}
