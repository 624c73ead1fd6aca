"""WebSockets whose endpoint, or balancer, is to go: a Close between two frames, a cut at the deadline."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.data.rig import KEY, read_head

from readylb.core.websocket import GOING_AWAY
from readylb.wire.messages import Drain, Drained, EndpointEntry, EndpointsApplied, SetEndpoints

UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
HELLO = b"\x82\x05hello"
#: A client's Close, masked.
GOODBYE = b"\x88\x82abcd" + bytes(a ^ b for a, b in zip(b"\x03\xe9", b"ab", strict=True))


async def heard(reader: asyncio.StreamReader, size: int) -> bytes:
    return await asyncio.wait_for(reader.readexactly(size), 5)


class Talker:
    """An endpoint that switches protocols, then says what it is told to and notes what it hears."""

    def __init__(self) -> None:
        self.heard = b""
        self.writer: asyncio.StreamWriter

    async def __call__(self, reader, writer):
        await read_head(reader)
        self.writer = writer
        writer.write(SWITCH + HELLO)
        while data := await reader.read(65536):
            self.heard += data


async def say(balancer, port: int, **conditions: object) -> None:
    balancer.generation += 1
    entries = ()
    if conditions:
        entries = (EndpointEntry(f"uid-{port}", "web-0", "127.0.0.1", port, **conditions),)
    wanted = balancer.generation
    balancer.control.send(SetEndpoints(key=KEY, generation=wanted, endpoints=entries))
    await balancer.message(EndpointsApplied, lambda m: m.generation == wanted)


async def joined(balancer):
    await balancer.start()
    talker = Talker()
    endpoint = await balancer.endpoint(talker)
    await say(balancer, endpoint.port, ready=True, serving=True, terminating=False)
    reader, writer = await balancer.connect()
    writer.write(UPGRADE)
    await read_head(reader)
    assert await heard(reader, len(HELLO)) == HELLO
    return talker, endpoint, reader, writer


GOES = {"ready": False, "serving": False, "terminating": True}


async def test_the_client_of_a_terminating_endpoint_is_told_to_go(balancer):
    talker, endpoint, reader, writer = await joined(balancer)
    await say(balancer, endpoint.port, **GOES)
    assert await heard(reader, 4) == GOING_AWAY

    # What the endpoint still says is dropped; what the client answers arrives.
    talker.writer.write(HELLO)
    writer.write(GOODBYE)
    await asyncio.sleep(0.05)
    assert talker.heard == GOODBYE
    talker.writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_it_is_told_behind_the_frame_that_is_under_way(balancer):
    talker, endpoint, reader, writer = await joined(balancer)
    talker.writer.write(HELLO[:4])
    assert await heard(reader, 4) == HELLO[:4]
    await say(balancer, endpoint.port, **GOES)
    talker.writer.write(HELLO[4:] + HELLO[:3])
    assert await heard(reader, len(HELLO)) == HELLO[4:] + GOING_AWAY
    writer.close()


async def test_one_that_says_goodbye_itself_is_not_interrupted(balancer):
    talker, endpoint, reader, writer = await joined(balancer)
    talker.writer.write(GOING_AWAY)
    assert await heard(reader, 4) == GOING_AWAY
    await say(balancer, endpoint.port, **GOES)
    await asyncio.sleep(0.05)
    talker.writer.write_eof()
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_a_terminating_endpoint_that_is_gone_has_its_tunnels_cut(balancer):
    _, endpoint, reader, writer = await joined(balancer)
    await say(balancer, endpoint.port, **GOES)
    assert await heard(reader, 4) == GOING_AWAY
    await say(balancer, endpoint.port)
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await asyncio.sleep(0.05)
    assert (await balancer.stats()).terminations == {"Drained": 1}


async def test_a_tunnel_of_an_endpoint_that_is_only_not_ready_goes_on(balancer):
    talker, endpoint, reader, writer = await joined(balancer)
    await say(balancer, endpoint.port, ready=False, serving=False, terminating=False)
    await asyncio.sleep(0.05)
    talker.writer.write(HELLO)
    assert await heard(reader, len(HELLO)) == HELLO
    writer.close()


async def test_a_balancer_that_drains_tells_them_too(balancer):
    _, _, reader, writer = await joined(balancer)
    balancer.control.send(Drain(grace_seconds=0.4))
    assert await heard(reader, 4) == GOING_AWAY
    drained = await balancer.message(Drained)
    assert drained.cut == 1
    writer.close()
