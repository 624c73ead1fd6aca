from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

import pytest
from tests.data.rig import KEY, PATIENCE_SECONDS, answer, read_head

from readylb.data.flow import reset
from readylb.wire.messages import EndpointsApplied, SetEndpoints

_GET = b"GET / HTTP/1.1\r\nHost: web\r\n\r\n"
_OLD = b"GET / HTTP/1.0\r\nHost: web\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Slow:
    """An endpoint that answers when it is told to."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.go = asyncio.Event()

    async def script(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        self.asked.set()
        going = asyncio.ensure_future(self.go.wait())  # noqa: TID251 - a test's own
        over = asyncio.ensure_future(reader.read())  # noqa: TID251 - a test's own
        await asyncio.wait((going, over), return_when=asyncio.FIRST_COMPLETED)
        going.cancel()
        if over.done():
            return
        over.cancel()
        writer.write(answer(b"late"))


@pytest.fixture
async def slow() -> Slow:
    return Slow()


async def ask(balancer, slow, request: bytes = _GET):
    await balancer.start()
    endpoint = await balancer.endpoint(slow.script)
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    writer.write(request)
    await slow.asked.wait()
    return endpoint, reader, writer


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in count():
            if condition():
                return
            await asyncio.sleep(0.01)


async def asked_a_while(balancer) -> None:
    """Wait until whoever watches has had its turns."""
    sweep = balancer.worker._services[KEY].sweep
    over = sweep.now + 1.0
    await until(lambda: sweep.now >= over)


async def test_a_client_that_closes_while_it_waits_cancels_its_request(balancer, slow):
    """RFC 9112 §9.6: what looks like a half-close is told from a close."""
    endpoint, _, writer = await ask(balancer, slow)
    writer.close()
    await asyncio.wait_for(endpoint.lost.wait(), PATIENCE_SECONDS)
    stats = await balancer.stats()
    assert stats.terminations == {"ClientGone": 1}
    assert stats.endpoints[0].in_flight == 0


async def test_one_that_listens_gets_its_answer_behind_a_100(balancer, slow):
    """RFC 9110 §15.2: a client can parse a 1xx that it did not expect."""
    endpoint, reader, writer = await ask(balancer, slow)
    writer.write_eof()
    assert await asyncio.wait_for(reader.readexactly(len(_CONTINUE)), PATIENCE_SECONDS) == _CONTINUE
    await asked_a_while(balancer)
    assert not endpoint.lost.is_set()
    slow.go.set()
    got = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    writer.close()
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"late")
    assert (await balancer.stats()).terminations == {"Completed": 1}


async def test_http_1_0_is_asked_nothing(balancer, slow):
    """RFC 9110 §15.2: a server MUST NOT send a 1xx response to an HTTP/1.0 client."""
    endpoint, reader, writer = await ask(balancer, slow, _OLD)
    writer.write_eof()
    await asked_a_while(balancer)
    assert not endpoint.lost.is_set()
    slow.go.set()
    got = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    writer.close()
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_one_that_resets_behind_its_half_close_is_gone(balancer, slow):
    """Nobody reads from it any more, so no read can fail."""
    endpoint, _, writer = await ask(balancer, slow, _OLD)
    writer.write_eof()
    await asked_a_while(balancer)
    reset(writer.transport)
    await asyncio.wait_for(endpoint.lost.wait(), PATIENCE_SECONDS)
    assert (await balancer.stats()).terminations == {"ClientGone": 1}


async def test_one_that_is_held_and_closes_is_forgotten(balancer):
    """A request that nobody waits for is not executed when there is somebody again."""
    await balancer.start(hold_seconds=60.0)
    balancer.control.send(SetEndpoints(key=KEY, generation=1, endpoints=(), starting=True))
    await balancer.message(EndpointsApplied)
    _, writer = await balancer.connect()
    writer.write(_GET)
    waiting = balancer.worker._services[KEY].waiting
    await until(lambda: "1 requests" in repr(waiting))
    writer.close()
    await until(lambda: "0 requests" in repr(waiting))
    assert (await balancer.stats()).terminations == {"ClientGone": 1}
