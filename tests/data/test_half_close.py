"""A client that has said all it will, while something of it is still under way."""

from __future__ import annotations

import asyncio
import json

from tests.data.rig import answer, read_head, turns

from readylb.data.flow import reset
from readylb.wire.messages import SetAccessLog, Stats

_FIRST = b"GET /first HTTP/1.1\r\nHost: web\r\n\r\n"
_CUT_BODY = b"POST /second HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhello"


async def test_a_body_that_can_no_longer_come_behind_a_running_request_is_refused_at_once(balancer):
    async def script(reader, writer):
        await read_head(reader)
        await asyncio.sleep(0.05)
        writer.write(answer(b"first"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))

    got = await balancer.exchange(_FIRST + _CUT_BODY, half_close=True)

    assert got.count(b"HTTP/1.1 ") == 2
    assert b"first" in got
    assert b"HTTP/1.1 400 " in got
    (end,) = (await balancer.stats()).endpoints
    assert end.in_flight == 0


async def test_a_client_that_has_only_said_all_it_will_is_waited_for(balancer):
    asked, go = asyncio.Event(), asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        asked.set()
        await go.wait()
        writer.write(answer(b"late"))

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    writer.write(_FIRST)
    await asked.wait()
    writer.write_eof()
    await asyncio.sleep(0.05)
    assert not endpoint.lost.is_set()
    go.set()
    assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"late")
    writer.close()


async def test_one_that_is_gone_altogether_is_found_out_by_the_first_answer_that_nobody_takes(balancer):
    asked, go = asyncio.Event(), asyncio.Event()
    pieces = []

    async def script(reader, writer):
        await read_head(reader)
        asked.set()
        await go.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.transport.is_closing():
            pieces.append(1)
            writer.write(b"x")
            await asyncio.sleep(0.01)

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    _, writer = await balancer.connect()
    writer.write(_FIRST)
    await asked.wait()
    writer.close()  # both directions: only the kernel knows that nobody reads any more
    await writer.wait_closed()
    go.set()
    await asyncio.wait_for(endpoint.lost.wait(), 5)
    assert len(pieces) < 20
    assert (await balancer.stats()).terminations == {"ClientGone": 1}


async def test_a_reset_cancels_at_once_and_is_logged_as_499(balancer, tmp_path):
    asked = asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        asked.set()

    await balancer.start()
    path = tmp_path / "log"
    balancer.control.send(SetAccessLog(str(path), "json"))
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    _, writer = await balancer.connect()
    writer.write(_FIRST)
    await asked.wait()
    reset(writer.transport)
    await asyncio.wait_for(endpoint.lost.wait(), 1)
    (end,) = (await balancer.stats()).endpoints
    assert end.in_flight == 0
    (line,) = [json.loads(text) for text in path.read_text().splitlines()]
    assert (line["status"], line["reason"], line["pod"]) == (499, "ClientGone", "web-0")


async def test_a_client_that_resets_an_upload_that_is_not_read_is_heard(balancer):
    done = asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        # Whoever reads no more is not told of an end either.
        await done.wait()

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    _, writer = await balancer.connect()
    writer.write(b"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 40000000\r\n\r\n")
    service = balancer.worker._services["default/web:80"]
    while not service.sweep.unread:
        writer.write(bytes(1_000_000))
        await turns()
    reset(writer.transport)

    def is_over(stats: Stats) -> bool:
        return stats.services[0].terminations == {"ClientGone": 1}

    await asyncio.wait_for(balancer.message(Stats, is_over), 5)
    done.set()
