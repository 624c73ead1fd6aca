"""A real worker on loopback, one raw client at a time, and an endpoint that remembers what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from tests.fuzz.grammar import Reply
from tests.fuzz.reference import Message, UnfinishedError, read_requests, read_response

from readylb.data.worker import Worker
from readylb.wire.channel import Message as WireMessage
from readylb.wire.channel import memory_channel
from readylb.wire.messages import (
    Address,
    Drain,
    Drained,
    EndpointEntry,
    EndpointsApplied,
    Listening,
    SetEndpoints,
    SetService,
    Stats,
)

KEY = "default/web:80"
#: Reaching it means that something hangs: every exchange here takes milliseconds.
PATIENCE_SECONDS = 30.0
#: Turns of the loop after which loopback has carried what was written: write, wake, read.
_TURNS = 5


def default_reply(request: Message) -> bytes:
    """Return the answer that belongs to one request and to no other."""
    body = b"%b %b %d" % (request.method, request.target, len(request.body))
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    return head if request.method == b"HEAD" else head + body


class Recorder(asyncio.Protocol):
    """One endpoint connection: answers each request when it is whole, in order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._world.recorders.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._world.recorders.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._world.forwarded += data
        stream = read_requests(self._buffer)
        if stream.wrong:
            self._world.complain(f"the endpoint was sent {stream.wrong}: {self._buffer[-300:]!r}")
            self.transport.abort()
            return
        if len(stream.messages) > 1 or (stream.messages and stream.unfinished):
            self._world.complain(f"the endpoint was sent a request before it had answered: {self._buffer!r}")
        for request in stream.messages:
            self._world.seen.append(request)
            self._buffer = b""
            self._reply(request)

    def _reply(self, request: Message) -> None:
        replies = self._world.replies
        if not replies:
            self.transport.write(default_reply(request))
            return
        parts, closes = replies.pop(0)
        self._world.spawn(self._say(parts, closes))

    async def _say(self, parts: Iterable[bytes], closes: bool) -> None:
        for part in parts:
            if not self.transport.is_closing():
                self.transport.write(part)
            await _turns()
        if closes:
            self.transport.close()


class Client(asyncio.Protocol):
    """The raw other end: everything that came, and how it ended."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = ""
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._changed.set()

    def eof_received(self) -> None:
        self.ended = self.ended or "closed"
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = self.ended or ("closed" if exc is None else "reset")
        self._changed.set()

    async def send(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            if not self.transport.is_closing():
                self.transport.write(part)
            await _turns()

    async def end(self) -> None:
        """Wait for the end of the connection. Raises TimeoutError."""
        await self._until(lambda: False)

    async def response(self, method: bytes, start: int = 0) -> None:
        """Wait for one whole response behind `start`, or the end. Raises TimeoutError."""
        await self._until(lambda: _is_whole(self.received[start:], method))

    async def responses(self, methods: list[bytes]) -> None:
        """Wait for as many whole responses, or the end. Raises TimeoutError."""
        start = 0
        for method in methods:
            await self.response(method, start)
            if self.ended:
                return
            start += read_response(self.received[start:], method, ended=False)[1]

    async def _until(self, holds: Any) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.ended and not holds():
                self._changed.clear()
                await self._changed.wait()


class World:
    """One Service with one endpoint; `complaints` are what went wrong since the last case began."""

    def __init__(self) -> None:
        self.recorders: set[Recorder] = set()
        self.seen: list[Message] = []
        #: Everything the endpoint was sent, what belongs to no whole request included.
        self.forwarded = b""
        #: Everything the case's client was sent, and how its connection ended.
        self.received = b""
        self.ended = ""
        self.replies: list[tuple[list[bytes], bool]] = []
        self.complaints: list[str] = []
        self.port = 0
        self._said: list[WireMessage] = []
        self._serving = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen and serve; every exception in the loop is a complaint from now on."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _, context: self.complain(f"in the loop: {context}"))
        self._server = await self._loop.create_server(lambda: Recorder(self), "127.0.0.1", 0)
        endpoint_port = self._server.sockets[0].getsockname()[1]
        self._control, worker_end = memory_channel()
        self._control.listen(self._hear)
        self._worker = Worker(0, worker_end)
        self._worker.start()
        entry = EndpointEntry("uid", "web-0", "127.0.0.1", endpoint_port, True, True, False)
        self._control.send(SetService(key=KEY, name="default/web", listen=(Address("127.0.0.1", 0),)))
        self._control.send(SetEndpoints(key=KEY, generation=1, endpoints=(entry,)))
        await asyncio.wait_for(self._serving.wait(), PATIENCE_SECONDS)
        self.port = self._find(Listening)[0].address.port

    async def stop(self) -> list[str]:
        """End; return what the worker had not let go of by then."""
        self._control.send(Drain(grace_seconds=1))
        await asyncio.wait_for(self._worker.stopped(), PATIENCE_SECONDS)
        await asyncio.sleep(0.01)
        self._server.close()
        for recorder in list(self.recorders):
            recorder.transport.abort()
        await _turns()
        self._loop.set_exception_handler(None)
        (service,) = self._find(Stats)[-1].services
        left = [f"{end.in_flight} requests in flight" for end in service.endpoints if end.in_flight]
        if service.open_connections:
            left.append(f"{service.open_connections} client connections")
        if service.to_unready:
            left.append("requests to endpoints that were not ready")
        return left + [f"{end.cut} exchanges had to be cut" for end in self._find(Drained) if end.cut]

    def begin(self) -> None:
        """Forget the case before."""
        self.seen = []
        self.forwarded = self.received = b""
        self.ended = ""
        self.replies = []
        self.complaints = []
        # Only the newest matter, and a long run sees one a second.
        del self._said[:-100]

    def complain(self, what: str) -> None:
        self.complaints.append(what)

    def expect(self, parts: list[bytes], *, closes: bool) -> None:
        """Answer the next request with `parts`."""
        self.replies.append((parts, closes))

    async def connect(self) -> Client:
        _, client = await self._loop.create_connection(Client, "127.0.0.1", self.port)
        return client

    def spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self, message: WireMessage) -> None:
        self._said.append(message)
        if self._find(Listening) and self._find(EndpointsApplied):
            self._serving.set()

    def _find(self, kind: type) -> list[Any]:
        return [message for message in self._said if isinstance(message, kind)]


def actual(reply: Reply, method: bytes) -> tuple[list[Message] | None, bool]:
    """Return what a reply means (None: nothing) and whether the endpoint has to close behind it."""
    for closes in (reply.closes, True):
        try:
            messages, _ = read_response(reply.data, method, ended=closes)
        except Exception:  # noqa: BLE001, S112 - wrong or unfinished: it means nothing
            continue
        return messages, closes
    return None, True


def _is_whole(data: bytes, method: bytes) -> bool:
    try:
        read_response(data, method, ended=False)
    except UnfinishedError:
        return False
    except Exception:  # noqa: BLE001 - nothing more will make it right
        return True
    return True


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
