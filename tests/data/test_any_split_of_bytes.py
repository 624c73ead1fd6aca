"""Bytes that are nobody's messages: TCP mode, detection, PROXY headers and tunnels, however they are cut.

Both sides write pieces in any order and half-close after their last one; what each received must be what the
other one wrote, with its end, and nothing may be left open or uncounted.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import pytest
import uvloop
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.data.rig import Balancer
from tests.fuzz.mutation import damage

from readylb.core.proxy_protocol import End, ProxyProtocolError, may_begin, parse, render

_HEADERS = [
    render(version, End(source, 4711), End(destination, 80))
    for version in (1, 2)
    for source, destination in (("192.0.2.7", "192.0.2.1"), ("2001:db8::7", "2001:db8::1"), ("", ""))
]
_UPGRADE = b"GET / HTTP/1.1\r\nHost: web\r\nConnection: upgrade\r\nUpgrade: %b\r\n\r\n"
_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: %b\r\n\r\n"
_GATE: dict[str, object] = {"protocol": "tcp", "trusted_proxies": ("127.0.0.1/32",)}
#: Reaching it means that something hangs: every exchange here takes milliseconds.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Kind:
    """One way to carry bytes, and what goes before those of each side."""

    settings: dict[str, object]
    client_first: bytes = b""
    endpoint_first: bytes = b""
    #: The connection to the endpoint is not yet made when it is first looked at, as over a network.
    far: bool = False

    @property
    def has_heads(self) -> bool:
        """Whether there is a head of HTTP on each side, which is rewritten."""
        return bool(self.endpoint_first)

    @property
    def carried_first(self) -> bytes:
        """What the client says first and the endpoint is to receive as it is."""
        return b"" if self.has_heads or self.client_first in _HEADERS else self.client_first

    @property
    def waits_for_client(self) -> bool:
        """Whether the endpoint hears of the connection only when the client has said something."""
        return bool(self.client_first)


KINDS = {
    "tcp": Kind({"protocol": "tcp"}),
    "far": Kind({"protocol": "tcp"}, far=True),
    "detected": Kind({"protocol": "auto"}, b"\x16\x03\x01"),
    "proxy v1": Kind({**_GATE, "proxy_protocol": "require"}, _HEADERS[0]),
    "proxy v2": Kind({**_GATE, "proxy_protocol": "accept"}, _HEADERS[3]),
    "no proxy": Kind({**_GATE, "proxy_protocol": "accept"}, b"PROXI"),
    "upgrade": Kind({}, _UPGRADE % b"raw", _SWITCH % b"raw"),
    "websocket": Kind({}, _UPGRADE % b"websocket", _SWITCH % b"websocket"),
}


class Side(asyncio.Protocol):
    """A client, or the endpoint's side of its connection."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = False
        self.made = asyncio.Event()
        self.lost = asyncio.get_running_loop().create_future()
        self._heard = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.made.set()

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._heard.set()

    def eof_received(self) -> bool:
        self.ended = True
        self._heard.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard.set()
        self.lost.set_result(exc)

    async def until(self, mark: bytes | None = None) -> None:
        """Wait until `mark` has come, or the end."""
        while not self.ended and not self.lost.done() and (mark is None or mark not in self.received):
            self._heard.clear()
            await self._heard.wait()


class Stage:
    """A worker in front of one endpoint; each example is one connection."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.balancer = Balancer()
        self.carried = [0, 0]

    async def start(self) -> None:
        self.arrivals: asyncio.Queue[Side] = asyncio.Queue()
        self.server = await asyncio.get_running_loop().create_server(self._arrive, "127.0.0.1", 0)
        await self.balancer.start(**self.kind.settings)
        await self.balancer.ready(self.server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Expect that all has been counted and nothing is left."""
        stats = await self.balancer.stats()
        self.server.close()
        assert stats.open_connections == 0
        assert [(end.in_flight, end.connections) for end in stats.endpoints] == [(0, 0)]
        assert self.kind.has_heads or [stats.bytes_in, stats.bytes_out] == self.carried

    def _arrive(self) -> Side:
        side = Side()
        self.arrivals.put_nowait(side)
        return side

    async def carry(self, steps: list[Step]) -> list[bytes]:
        """Play the steps; return what the endpoint and what the client received, without heads."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Side, "127.0.0.1", self.balancer.port)
        endpoint: Side | None = None
        async with asyncio.timeout(PATIENCE_SECONDS):
            for step in steps:
                if step.by_endpoint and endpoint is None:
                    endpoint = await self._arrived()
                side = endpoint if step.by_endpoint else client
                assert side is not None
                if step.piece:
                    side.transport.write(step.piece)
                else:
                    side.transport.write_eof()
                for _ in range(step.turns):
                    await asyncio.sleep(0)
            sides = [endpoint or await self._arrived(), client]
            for side in sides:
                await side.until()
            for side in sides:
                side.transport.close()
                assert await side.lost is None
        received = [side.received for side in sides]
        self.carried = [sum(pair) for pair in zip(self.carried, map(len, received), strict=True)]
        return [data.partition(b"\r\n\r\n")[2] for data in received] if self.kind.has_heads else received

    async def _arrived(self) -> Side:
        endpoint = await self.arrivals.get()
        await endpoint.made.wait()
        if self.kind.has_heads:
            await endpoint.until(b"\r\n\r\n")
        return endpoint


@dataclass(frozen=True)
class Step:
    """A piece that one side writes, or its end, and the turns of the loop that pass before the next."""

    by_endpoint: bool
    piece: bytes
    turns: int


def steps_of(kind: Kind, rng: Random, data: tuple[bytes, bytes]) -> list[Step]:
    """Cut what each side says into pieces, in any order of sides, each with its end."""
    left = [_pieces(rng, first + own) for first, own in zip(_firsts(kind), data, strict=True)]
    steps = []
    while any(left):
        whole_head = sum(len(step.piece) for step in steps if not step.by_endpoint) >= len(kind.client_first)
        number = rng.randrange(2) if whole_head or not kind.waits_for_client else 0
        if left[number]:
            steps.append(Step(bool(number), left[number].pop(0), rng.choice((0, 0, 1, 2, 5, 9))))
    return steps


def _firsts(kind: Kind) -> tuple[bytes, bytes]:
    return kind.client_first, kind.endpoint_first


def _pieces(rng: Random, data: bytes) -> list[bytes]:
    places = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range(rng.randrange(8)))})
    return [data[start:end] for start, end in pairwise(places)] + [b""]


def _data(rng: Random) -> bytes:
    return rng.randbytes(rng.choice((0, 0, 1, 2, 30, 3000, 70_000, 300_000)))


@pytest.fixture(scope="module", params=KINDS)
def stage(request: pytest.FixtureRequest) -> Iterator[tuple[uvloop.Loop, Stage]]:
    loop = uvloop.new_event_loop()
    made = Stage(KINDS[request.param])
    with _distance(made.kind):
        loop.run_until_complete(made.start())
    yield loop, made
    loop.run_until_complete(made.stop())
    loop.close()


@contextmanager
def _distance(kind: Kind) -> Iterator[None]:
    """Make endpoints look far away, and not to the tests that run while a stage waits for its end."""
    with pytest.MonkeyPatch.context() as patch:
        if kind.far:
            patch.setattr(socket.socket, "getpeername", _not_connected)
        yield


def _not_connected(connection: socket.socket) -> str:
    raise OSError(errno.ENOTCONN, "not connected")


@settings(deadline=None, derandomize=True, max_examples=60, phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_both_sides_receive_what_was_written_and_its_end(stage: tuple[uvloop.Loop, Stage], seed: int) -> None:
    loop, carrier = stage
    rng = Random(seed)
    data = _data(rng), _data(rng)
    steps = steps_of(carrier.kind, rng, data)
    with _distance(carrier.kind):
        carried = loop.run_until_complete(carrier.carry(steps))
    assert carried == [carrier.kind.carried_first + data[0], data[1]]


@pytest.fixture(scope="module", params=["accept", "require"])
def gate(request: pytest.FixtureRequest) -> Iterator[tuple[uvloop.Loop, Balancer, str]]:
    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"got " + await reader.read())
        writer.write_eof()

    async def start() -> None:
        await balancer.start(**_GATE, proxy_protocol=request.param)
        await balancer.ready(await balancer.endpoint(tell))

    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    balancer = Balancer()
    loop.run_until_complete(start())
    yield loop, balancer, request.param
    loop.run_until_complete(balancer.stop())
    loop.close()
    asyncio.set_event_loop(None)


async def _told(balancer: Balancer, pieces: list[bytes], rng: Random) -> bytes:
    """Send the pieces and the end; return what came back, up to a cut."""
    reader, writer = await balancer.connect()
    told = b""
    async with asyncio.timeout(PATIENCE_SECONDS):
        try:
            for piece in (*pieces, b""):
                if writer.is_closing():
                    break
                if piece:
                    writer.write(piece)
                else:
                    writer.write_eof()
                for _ in range(rng.choice((0, 1, 2, 5, 9))):
                    await asyncio.sleep(0)
            while data := await reader.read(65536):
                told += data
        except OSError:
            return told
        finally:
            writer.close()
    return told


def _let_in(data: bytes, mode: str) -> bytes | None:
    """Return what an endpoint is to be sent of a client that says this, or None where it is not let in."""
    if mode == "accept" and data and not may_begin(data):
        return data
    try:
        header = parse(data)
    except ProxyProtocolError:
        return None
    if header is None:
        return data if mode == "accept" else None
    return data[header.size :]


@settings(deadline=None, derandomize=True, max_examples=150, phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_a_damaged_proxy_header_means_the_same_however_it_is_cut(
    gate: tuple[uvloop.Loop, Balancer, str], seed: int
) -> None:
    loop, balancer, mode = gate
    rng = Random(seed)
    data = damage(rng, rng.choice(_HEADERS) + rng.choice((b"", b"hello", b"GET / HTTP/1.1\r\n\r\n")))
    meant = _let_in(data, mode)
    told = loop.run_until_complete(_told(balancer, _pieces(rng, data)[:-1], rng))
    (service,) = balancer.worker._services.values()
    assert told == (b"" if meant is None else b"got " + meant), (data, service.counters.terminations)
