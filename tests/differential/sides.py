"""Proxies side by side: each with an endpoint of its own that writes down every byte it is sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers import envoy, haproxy, nginx
from benchmarks.peers.scene import Scene
from benchmarks.processes import LOAD_CPU, BenchmarkError, free_port, require, running
from tests.data.rig import Balancer
from tests.fuzz.reference import Message, read_requests

#: A proxy that says nothing for so long has said all it will. Loopback takes microseconds.
QUIET_SECONDS = 0.12
#: So long may a first byte take, on a busy machine; spent on what is neither answered nor closed.
FIRST_SECONDS = 0.6
PEERS: dict[str, tuple[Callable[[], object], Callable[[Scene], list[str]]]] = {
    "haproxy": (lambda: require("haproxy", "haproxy"), haproxy.command),
    "nginx": (lambda: require("nginx", "nginx"), nginx.command),
    "envoy": (envoy.binary, envoy.command),
}
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def installed() -> dict[str, str]:
    """Return the peers; empty text: it can be started, else why not."""
    said = {}
    for name, (find, _) in PEERS.items():
        try:
            find()
            said[name] = ""
        except BenchmarkError as error:
            said[name] = str(error)
    return said


@dataclass
class Outcome:
    """What became of one stream of requests at one proxy."""

    forwarded: list[Message] = field(default_factory=list)
    #: What reached the endpoint and is no request to a strict reader.
    unclear: str = ""
    statuses: list[int] = field(default_factory=list)
    closed: bool = False

    @property
    def refused(self) -> bool:
        return not self.forwarded and not self.unclear

    def __str__(self) -> str:
        words = " ".join(f"{one.method.decode()} {one.target.decode()}" for one in self.forwarded)
        told = ",".join(map(str, self.statuses)) or ("closed" if self.closed else "silence")
        if self.unclear:
            return f"UNCLEAR {words}".strip()
        return f"{words} → {told}" if words else told


class Recorder(asyncio.Protocol):
    """The endpoint of one side: answers what is whole, and notes what is not a request."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._side.recorders.append(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        outcome = self._side.outcome
        stream = read_requests(self._buffer)
        outcome.forwarded += stream.messages
        for message in stream.messages:
            self.transport.write(_OK if message.method == b"HEAD" else _OK + b"ok")
        if stream.wrong:
            outcome.unclear = stream.wrong
            self.transport.close()
        elif stream.messages:
            rest = sum(len(message.raw) for message in stream.messages)
            self._buffer = self._buffer[rest:]


class Side:
    """One proxy on `port`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = 0
        self.outcome = Outcome()
        self.recorders: list[Recorder] = []

    async def listen(self) -> tuple[asyncio.Server, int]:
        server = await asyncio.get_running_loop().create_server(lambda: Recorder(self), "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()[1]

    async def play(self, data: bytes) -> Outcome:
        """Send bytes, wait until nothing more happens, and return what did."""
        self.outcome = outcome = Outcome()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        received = b""
        patience = FIRST_SECONDS
        try:
            while True:
                piece = await asyncio.wait_for(reader.read(65536), patience)
                if not piece:
                    outcome.closed = True
                    break
                received += piece
                patience = QUIET_SECONDS
        except TimeoutError:
            pass
        except ConnectionError:
            outcome.closed = True
        writer.transport.abort()
        # A connection that carries half a request must not carry the next case's.
        for recorder in self.recorders:
            recorder.transport.abort()
        self.recorders.clear()
        outcome.statuses = [int(status) for status in _STATUS.findall(received)]
        return outcome


@asynccontextmanager
async def sides(folder: Path) -> AsyncIterator[list[Side]]:
    """Start readylb and every peer that is installed."""
    async with AsyncExitStack() as stack:
        ours = Side("readylb")
        server, port = await ours.listen()
        stack.callback(server.close)
        balancer = Balancer()
        await balancer.start()
        stack.push_async_callback(balancer.stop)
        await balancer.ready(port)
        ours.port = balancer.port
        all_sides = [ours]
        for name, missing in installed().items():
            if missing:
                continue
            side = Side(name)
            server, port = await side.listen()
            stack.callback(server.close)
            side.port = free_port()
            own = folder / name
            own.mkdir()
            command = PEERS[name][1](Scene(own, side.port, (("127.0.0.1", port),)))
            running_peer = running(LOAD_CPU, command, side.port, own / "log")
            await asyncio.to_thread(running_peer.__enter__)
            stack.callback(running_peer.__exit__, None, None, None)
            all_sides.append(side)
        yield all_sides


async def compare(all_sides: list[Side], streams: dict[str, bytes]) -> dict[str, dict[str, Outcome]]:
    """Play every stream at every side, all sides at once; return outcomes by stream and side."""

    async def play_all(side: Side) -> dict[str, Outcome]:
        return {name: await side.play(data) for name, data in streams.items()}

    played = await asyncio.gather(*(play_all(side) for side in all_sides))
    return {
        name: {side.name: outcomes[name] for side, outcomes in zip(all_sides, played, strict=True)}
        for name in streams
    }
