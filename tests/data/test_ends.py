"""Ways to end that need an endpoint, or a client, that behaves badly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from tests.data.rig import GET, LAST, Balancer, Script, answer, read_head

from readylb.wire.messages import Limits, Stats

LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"


def says(response: bytes, *, then_close: bool) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(response)
        if then_close:
            writer.close()

    return script


@pytest.mark.parametrize(
    ("script", "limits", "reason", "status"),
    [
        (says(b"", then_close=True), {}, "Reset", 502),
        (says(b"", then_close=False), {"response_head_seconds": 0.1}, "ResponseTimeout", 504),
        (says(LONG, then_close=True), {}, "ResponseCut", 200),
        (says(LONG, then_close=False), {"response_stall_seconds": 0.1}, "ResponseStalled", 200),
    ],
)
async def test_an_endpoint_that_does_not_answer_well(
    balancer: Balancer, script: Script, limits: dict[str, float], reason: str, status: int
) -> None:
    await balancer.start(limits=Limits(**limits))
    await balancer.ready(await balancer.endpoint(script))
    try:
        got = await balancer.exchange(LAST)
    except ConnectionResetError:
        got = b"HTTP/1.1 200 "

    assert got.startswith(b"HTTP/1.1 %d " % status)
    counts = await balancer.stats()
    assert (counts.terminations, counts.statuses) == ({reason: 1}, {status: 1})


async def test_a_client_that_stops_reading_is_cut(balancer: Balancer) -> None:
    await balancer.start(limits=Limits(response_stall_seconds=0.1))
    await balancer.ready(await balancer.endpoint(says(answer(bytes(32 << 20)), then_close=False)))
    reader, writer = await balancer.connect()
    writer.transport.pause_reading()
    writer.write(GET)
    counted = await balancer.message(Stats, lambda message: bool(message.services[0].terminations))
    writer.transport.abort()

    assert not reader.at_eof()
    assert counted.services[0].terminations == {"ClientStalled": 1}


class Deaf:
    """A port whose queue is full: who connects hears nothing."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._server.getsockname()[1]
        self._fillers = [socket.socket() for _ in range(3)]
        for filler in self._fillers:
            filler.setblocking(False)
            filler.connect_ex(self._server.getsockname())

    def close(self) -> None:
        for held in (self._server, *self._fillers):
            held.close()


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    port = Deaf()
    yield port
    port.close()


async def test_an_endpoint_that_does_not_accept_in_time(balancer: Balancer, deaf: Deaf) -> None:
    await balancer.start(limits=Limits(connect_seconds=0.1, tries=1))
    await balancer.ready(deaf.port)

    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 504 ")
    assert (await balancer.stats()).terminations == {"ConnectTimeout": 1}


async def test_an_endpoint_that_stops_being_ready_before_the_request_is_sent(
    balancer: Balancer, deaf: Deaf
) -> None:
    await balancer.start(limits=Limits(connect_seconds=60, tries=1))
    await balancer.ready(deaf.port)
    reader, writer = await balancer.connect()
    writer.write(LAST)
    service = balancer.worker._services["default/web:80"]
    await balancer.message(Stats, lambda _: bool(service.table.endpoints[0].in_flight))
    await balancer.ready(await balancer.endpoint())

    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 502 ")
    writer.close()
    assert (await balancer.stats()).terminations == {"EndpointWithdrawn": 1}


async def test_a_proxy_that_does_not_send_its_header_in_time(balancer: Balancer) -> None:
    await balancer.start(
        proxy_protocol="require", trusted_proxies=("127.0.0.1",), limits=Limits(head_seconds=0.1)
    )
    await balancer.ready(await balancer.endpoint())
    reader, writer = await balancer.connect()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert (await balancer.stats()).terminations == {"ProxyHeaderTimeout": 1}
