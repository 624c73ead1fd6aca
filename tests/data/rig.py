"""A worker on real loopback sockets, and endpoints that say exactly what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from readylb.data.worker import Worker
from readylb.wire.channel import Message, memory_channel
from readylb.wire.messages import (
    Address,
    Drain,
    EndpointEntry,
    EndpointsApplied,
    Limits,
    Listening,
    SetEndpoints,
    SetService,
    Stats,
)

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
KEY = "default/web:80"
#: Reaching it means that something hangs.
PATIENCE_SECONDS = 30.0
#: A body that no chain of socket buffers holds, and the most that four of them may: Linux lets each receiving
#: one grow to net.ipv4.tcp_rmem, 32 MiB where there is memory.
LARGE_BYTES = 160 * 1024 * 1024
MOST_BUFFERED_BYTES = 96 * 1024 * 1024


async def turns(count: int = 20) -> None:
    """Let the loop go round so often: loopback has carried what was written by then, and it was acted on."""
    for _ in range(count):
        await asyncio.sleep(0)


async def read_head(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)


def answer(body: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    lines = b"".join(field + b"\r\n" for field in fields)
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, lines, len(body), body)


class Endpoint:
    """A server that runs a script for each connection and remembers every head it saw."""

    def __init__(self, script: Script | None = None) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self.lost = asyncio.Event()
        self._script = script or self.serve
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def start(self) -> Endpoint:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.heads.append(await read_head(reader))
            writer.write(answer(b"from %d" % self.port))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._script(reader, writer)
            await reader.read()
        self.lost.set()
        writer.close()


class Balancer:
    """A worker, and the control side's end of its channel."""

    def __init__(self) -> None:
        self.control, worker_end = memory_channel()
        self.messages: list[Message] = []
        self.port = 0
        self.generation = 0
        self.worker = Worker(0, worker_end)
        self._endpoints: list[Endpoint] = []
        self._arrived = asyncio.Event()

    async def start(self, *, protocol: str = "http", limits: Limits | None = None, **more: object) -> None:
        self.control.listen(self._receive)
        self.worker.start()
        settings = {"name": "default/web", "listen": (Address("127.0.0.1", 0),), "protocol": protocol, **more}
        self.control.send(SetService(key=KEY, limits=limits or Limits(), **settings))
        self.port = (await self.message(Listening)).address.port

    async def endpoint(self, script: Script | None = None) -> Endpoint:
        endpoint = await Endpoint(script).start()
        self._endpoints.append(endpoint)
        return endpoint

    async def ready(self, *endpoints: Endpoint | int, reason: str = "", retry_after: int = 1) -> None:
        self.generation += 1
        ports = [e if isinstance(e, int) else e.port for e in endpoints]
        entries = tuple(
            EndpointEntry(f"uid-{port}", f"web-{n}", "127.0.0.1", port, True, True, False)
            for n, port in enumerate(ports)
        )
        self.control.send(
            SetEndpoints(
                key=KEY,
                generation=self.generation,
                endpoints=entries,
                no_ready_reason=reason,
                retry_after_seconds=retry_after,
            )
        )
        wanted = self.generation
        await self.message(EndpointsApplied, lambda m: m.generation == wanted)

    async def message(self, kind: type, test: Callable[[Message], bool] = lambda _: True):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for message in self.messages:
                    if isinstance(message, kind) and test(message):
                        return message
                self._arrived.clear()
                await self._arrived.wait()

    async def stats(self):
        """The counts after everything has ended: drains the worker."""
        self.control.send(Drain(grace_seconds=1))
        await asyncio.wait_for(self.worker.stopped(), PATIENCE_SECONDS)
        await asyncio.sleep(0.01)
        return [m for m in self.messages if isinstance(m, Stats)][-1].services[0]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def exchange(self, request: bytes, *, half_close: bool = False) -> bytes:
        """Send `request` on a connection of its own; return everything up to the end."""
        reader, writer = await self.connect()
        writer.write(request)
        if half_close:
            writer.write_eof()
        try:
            return await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        finally:
            writer.close()

    async def stop(self) -> None:
        self.control.send(Drain(grace_seconds=0))
        await asyncio.wait_for(self.worker.stopped(), PATIENCE_SECONDS)
        for endpoint in self._endpoints:
            await endpoint.stop()
        await asyncio.sleep(0.01)

    def _receive(self, message: Message) -> None:
        self.messages.append(message)
        self._arrived.set()


GET = b"GET / HTTP/1.1\r\nHost: web\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"
