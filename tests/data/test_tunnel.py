from __future__ import annotations

import asyncio

from tests.data.rig import answer, read_head

from readylb.wire.messages import Drain, Drained, Limits

UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: web\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


async def echo(reader, writer):
    head = await read_head(reader)
    assert b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" in head
    writer.write(SWITCH + b"hello ")
    while data := await reader.read(65536):
        writer.write(data)
    writer.write(b" bye")
    writer.write_eof()


async def test_an_upgrade_becomes_a_tunnel_in_both_directions(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint(echo))
    reader, writer = await balancer.connect()
    writer.write(UPGRADE + b"early ")

    head = await read_head(reader)
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" in head
    assert await reader.readexactly(12) == b"hello early "
    writer.write(b"later")
    assert await reader.readexactly(5) == b"later"
    writer.write_eof()
    assert await reader.read() == b" bye"
    writer.close()

    stats = await balancer.stats()
    assert stats.terminations == {"Completed": 1}
    assert stats.statuses == {101: 1}
    assert [(e.in_flight, e.connections) for e in stats.endpoints] == [(0, 0)]
    assert stats.open_connections == 0


async def test_bytes_behind_a_refused_upgrade_are_the_next_request(balancer):
    async def script(reader, writer):
        while True:
            head = await read_head(reader)
            writer.write(answer(head.split(b" ")[1]))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))

    got = await balancer.exchange(UPGRADE + b"GET /next HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")

    assert got.count(b"200 OK") == 2
    assert got.endswith(b"/next")


async def test_an_offer_of_http_2_is_ignored(balancer):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)

    got = await balancer.exchange(
        b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close, Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
    )

    assert b"200 OK" in got
    assert b"pgrade" not in endpoint.heads[0]
    assert b"HTTP2-Settings" not in endpoint.heads[0]


async def test_a_tunnel_in_which_nothing_moves_is_cut(balancer):
    await balancer.start(limits=Limits(tunnel_idle_seconds=0.1))
    endpoint = await balancer.endpoint(echo)
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    writer.write(UPGRADE)
    await read_head(reader)

    await asyncio.wait_for(endpoint.lost.wait(), 3)
    writer.close()
    assert (await balancer.stats()).terminations == {"TunnelIdle": 1}


async def test_a_drain_cuts_tunnels_at_its_deadline(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint(echo))
    reader, writer = await balancer.connect()
    writer.write(UPGRADE)
    await read_head(reader)

    balancer.control.send(Drain(grace_seconds=0.1))
    assert (await balancer.message(Drained)).cut == 1
    writer.close()
