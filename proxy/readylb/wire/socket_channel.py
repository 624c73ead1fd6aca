"""The channel between two processes: length-prefixed messages over a connected Unix socket.

A frame is four bytes of length (big-endian) and that many bytes of MessagePack. Both ends are ours,
so a frame that cannot be read means a fault: the channel ends, and the owner of the process decides.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable

import msgspec

from readylb.wire.channel import Receiver
from readylb.wire.codec import Message, decode, encode

log = logging.getLogger(__name__)

#: Longest frame taken, in bytes. 10,000 endpoints of one Service are about 1 MiB; gRPC takes 4 MiB.
MAX_FRAME = 16 * 1024 * 1024

_PREFIX = 4


async def socket_channel(sock: socket.socket, on_lost: Callable[[], None] | None = None) -> SocketChannel:
    """Make a channel of a connected stream socket, which it owns from now on.

    `on_lost` is called once when the other end has gone (not after our own `close`).
    """
    loop = asyncio.get_running_loop()
    _, channel = await loop.create_unix_connection(lambda: SocketChannel(on_lost), sock=sock)
    return channel


class SocketChannel(asyncio.Protocol):
    """One end. Made by `socket_channel`."""

    def __init__(self, on_lost: Callable[[], None] | None = None) -> None:
        """Wait for the connection."""
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._inbox: deque[Message] = deque()
        self._receiver: Receiver | None = None
        self._closed = False

    def __repr__(self) -> str:
        """Show the state."""
        state = "closed" if self._closed else "open"
        return f"<socket channel {state} waiting={len(self._inbox)} partial={len(self._buffer)}>"

    def send(self, message: Message) -> None:
        """Queue a message for the other end; never blocks. After `close` it is dropped."""
        if self._closed or self._transport is None:
            return
        data = encode(message)
        self._transport.write(len(data).to_bytes(_PREFIX, "big") + data)

    def listen(self, receiver: Receiver) -> None:
        """Hand every message to `receiver`, first those that came before, in the loop's next turn."""
        self._receiver = receiver
        loop = asyncio.get_running_loop()
        for _ in self._inbox:
            loop.call_soon(self._deliver)

    def close(self) -> None:
        """End both directions after what was sent has been written."""
        self._closed = True
        self._inbox.clear()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio.Protocol)."""
        self._transport = transport  # type: ignore[assignment]  # a stream socket's transport is a Transport

    def connection_lost(self, exc: Exception | None) -> None:
        """End (asyncio.Protocol)."""
        ours, self._closed = self._closed, True
        if exc is not None:
            log.warning("channel lost: %s", exc)
        if not ours and self._on_lost is not None:
            self._on_lost()

    def data_received(self, data: bytes) -> None:
        """Cut frames out of the stream (asyncio.Protocol)."""
        self._buffer += data
        while len(self._buffer) >= _PREFIX:
            end = _PREFIX + int.from_bytes(self._buffer[:_PREFIX], "big")
            if end > _PREFIX + MAX_FRAME:
                self._fail(f"a frame of {end - _PREFIX} bytes is longer than {MAX_FRAME}")
                return
            if len(self._buffer) < end:
                return
            frame = bytes(self._buffer[_PREFIX:end])
            del self._buffer[:end]
            try:
                message = decode(frame)
            except msgspec.DecodeError as error:
                self._fail(str(error))
                return
            self._take(message)

    def _take(self, message: Message) -> None:
        if self._closed:
            return
        self._inbox.append(message)
        if self._receiver is not None:
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        if self._receiver is not None and self._inbox:
            self._receiver(self._inbox.popleft())

    def _fail(self, why: str) -> None:
        log.error("cannot read from the channel: %s (the other end is another version or broken)", why)
        self._buffer.clear()
        if self._transport is not None:
            self._transport.abort()
