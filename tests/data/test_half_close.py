"""A client that has said all it will, while something of it is still under way."""

from __future__ import annotations

import asyncio

from tests.data.rig import answer, read_head

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
