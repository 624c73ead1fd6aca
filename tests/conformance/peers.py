"""The two raw ends of a case: a client, and an endpoint that answers by script. They share one board."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable

from tests.conformance.case import Answer, Case, ClientHas, Do, EndpointHas, Step
from tests.conformance.message import MalformedError, Message, read_request

# Turns of the loop after which loopback has certainly carried what was written: write, accept, read.
_TURNS = 6
FOLLOW_UP = b"/follow-up/"


class Board:
    """What both ends have seen; whoever waits for something looks again at each change."""

    def __init__(self) -> None:
        self.clients: list[Peer] = []
        self.endpoints: list[Peer] = []
        self._changed = asyncio.Event()

    def change(self) -> None:
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when `holds`; the case's own deadline bounds it."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    async def perform(self, peer: Peer, steps: Iterable[Step]) -> None:
        """Take `steps` at `peer`."""
        for step in steps:
            if isinstance(step, bytes):
                peer.send(step)
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
            elif isinstance(step, ClientHas):
                await self.until(lambda text=step.text: text in self.clients[0].received)
            elif isinstance(step, EndpointHas):
                await self.until(lambda text=step.text: any(text in one.received for one in self.endpoints))
            elif step is Do.CLIENT_GONE:
                await self.until(lambda: self.clients[0].ended != "")
            elif step is Do.ENDPOINT_GONE:
                await self.until(lambda: any(one.ended for one in self.endpoints))
            else:
                peer.end(step)


class Peer(asyncio.Protocol):
    """One end of one connection."""

    def __init__(self, board: Board, side: list[Peer], made: Callable[[Peer], object] | None = None) -> None:
        self._board = board
        self._side = side
        self._made = made
        self.received = b""
        # "", or how the other side ended it: "closed" or "reset".
        self.ended = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._side.append(self)
        if self._made is not None:
            self._made(self)
        self._board.change()

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._board.change()

    def eof_received(self) -> bool:
        self.ended = self.ended or "closed"
        self._board.change()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = "reset" if isinstance(exc, ConnectionError) else self.ended or "closed"
        self._board.change()

    def send(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def end(self, how: Do) -> None:
        if self.transport.is_closing():
            return
        if how is Do.HALF_CLOSE:
            self.transport.write_eof()
        elif how is Do.CLOSE:
            self.transport.close()
        else:
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


class Endpoint:
    """Answers requests in the order they come, whatever connection they come on, as the case says."""

    def __init__(self, case: Case, board: Board, group: asyncio.TaskGroup) -> None:
        self._answers = list(case.answers)
        self._board = board
        self._group = group
        self._tasks: list[asyncio.Task[None]] = []

    async def listen(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Peer(self._board, self._board.endpoints, self._begin), "127.0.0.1", 0
        )
        return self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._server.close()
        for peer in self._board.endpoints:
            peer.transport.abort()
        for task in self._tasks:
            task.cancel()

    def _begin(self, peer: Peer) -> None:
        self._tasks.append(self._group.create_task(self._serve(peer)))

    async def _serve(self, peer: Peer) -> None:
        position = 0
        while True:
            message = await self._message(peer, position, whole=False)
            if message is None:
                return
            answer = self._answer(message)
            if not answer.early:
                message = await self._message(peer, position, whole=True)
                if message is None:
                    return
            await self._board.perform(peer, answer.steps)
            message = await self._message(peer, position, whole=True)
            if message is None or peer.transport.is_closing():
                return
            position += message.end

    async def _message(self, peer: Peer, position: int, *, whole: bool) -> Message | None:
        """Return the request that begins at `position`, None where it does not come (or is broken)."""
        while True:
            try:
                message = read_request(peer.received[position:])
            except MalformedError:
                return None
            if message is not None and (message.whole or not whole):
                return message
            if peer.ended or peer.transport.is_closing():
                return None
            size = len(peer.received)
            await self._board.until(
                lambda size=size: len(peer.received) > size or peer.ended or peer.transport.is_closing()
            )

    def _answer(self, message: Message) -> Answer:
        method, target, _ = message.line.split(b" ")
        if target.startswith(FOLLOW_UP) or not self._answers:
            body = target if target.startswith(FOLLOW_UP) else method + b" " + target
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            return Answer((head if method == b"HEAD" else head + body,))
        return self._answers.pop(0)
