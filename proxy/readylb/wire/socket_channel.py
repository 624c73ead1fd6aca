"""The channel between two processes: length-prefixed messages over a connected Unix socket.

A frame is four bytes of length (big-endian) and that many bytes of MessagePack. Sockets may come
with a frame (SCM_RIGHTS, unix(7)): the kernel delivers them with the frame's first bytes, so they are
there when the message is. Both ends are ours, so a frame that cannot be read means a fault: the
channel ends, and the owner of the process decides.

It reads and writes the socket itself, because the event loop's transports carry no descriptors.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from readylb.wire.channel import Receiver
from readylb.wire.codec import Message, decode, encode

log = logging.getLogger(__name__)

#: Longest frame taken, in bytes. 10,000 endpoints of one Service are about 1 MiB; gRPC takes 4 MiB.
MAX_FRAME = 16 * 1024 * 1024

#: Most sockets that one message may bring: SCM_MAX_FD of linux/include/net/scm.h.
MAX_SOCKETS = 253

_PREFIX = 4
_READ_BYTES = 256 * 1024


class SocketChannel:
    """One end. It owns the socket.

    `on_lost` is called once when the other end has gone, and not after our own `close`.
    """

    def __init__(self, sock: socket.socket, on_lost: Callable[[], None] | None = None) -> None:
        """Be an end of the connected stream socket, in the running loop."""
        self._socket = sock
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._inbox: deque[Message] = deque()
        self._outbox: deque[tuple[memoryview, list[socket.socket]]] = deque()
        self._sockets: deque[socket.socket] = deque()
        self._receiver: Receiver | None = None
        self._closed = False
        self._gone = asyncio.Event()
        sock.setblocking(False)
        self._loop.add_reader(sock, self._readable)

    def __repr__(self) -> str:
        """Show the state."""
        state = "closed" if self._closed else "open"
        return f"<socket channel {state} waiting={len(self._inbox)} partial={len(self._buffer)}>"

    def send(self, message: Message, sockets: Sequence[socket.socket] = ()) -> None:
        """Queue a message for the other end, with duplicates of `sockets`; never blocks.

        After `close` it is dropped.
        """
        if self._closed:
            return
        data = encode(message)
        frame = memoryview(len(data).to_bytes(_PREFIX, "big") + data)
        waiting = bool(self._outbox)
        self._outbox.append((frame, [item.dup() for item in sockets]))
        if not waiting:
            self._flush()

    def listen(self, receiver: Receiver) -> None:
        """Hand every message to `receiver`, first those that came before, in the loop's next turn."""
        self._receiver = receiver
        for _ in self._inbox:
            self._loop.call_soon(self._deliver)

    def take_sockets(self, count: int) -> list[socket.socket]:
        """Return the next `count` sockets that came, in order; fewer if fewer came."""
        return [self._sockets.popleft() for _ in range(min(count, len(self._sockets)))]

    def close(self) -> None:
        """End both directions after what was sent has been written."""
        if self._closed:
            return
        self._closed = True
        self._inbox.clear()
        self._loop.remove_reader(self._socket)
        if not self._outbox:
            self._release()

    async def closed(self) -> None:
        """Return when the socket has been closed, by us or because the other end has gone."""
        await self._gone.wait()

    def _readable(self) -> None:
        try:
            data, descriptors, flags, _ = socket.recv_fds(self._socket, _READ_BYTES, MAX_SOCKETS)
        except BlockingIOError:
            return
        except OSError as error:
            log.warning("channel lost: %s", error)
            self._lost()
            return
        for descriptor in descriptors:
            # Python keeps what it opens to itself, but not what it is given; nobody is started meanwhile.
            os.set_inheritable(descriptor, False)
            self._sockets.append(socket.socket(fileno=descriptor))
        if flags & socket.MSG_CTRUNC:
            self._fail("sockets were lost on the way, the file limit is reached")
        elif data:
            self._parse(data)
        else:
            self._lost()

    def _parse(self, data: bytes) -> None:
        """Cut frames out of the stream."""
        self._buffer += data
        while len(self._buffer) >= _PREFIX and not self._closed:
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
                self._fail(f"{error} (the other end is another version or broken)")
                return
            self._inbox.append(message)
            if self._receiver is not None:
                self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        if self._receiver is not None and self._inbox:
            self._receiver(self._inbox.popleft())

    def _flush(self) -> None:
        while self._outbox:
            frame, sockets = self._outbox[0]
            try:
                sent = self._send_once(frame, sockets)
            except BlockingIOError:
                self._loop.add_writer(self._socket, self._flush)
                return
            except OSError:  # the other end has gone; reading says so, and to whom it matters
                self._drop_outbox()
                break
            for item in sockets:
                item.close()
            if sent < len(frame):
                self._outbox[0] = frame[sent:], []
            else:
                self._outbox.popleft()
        self._loop.remove_writer(self._socket)
        if self._closed:
            self._release()

    def _send_once(self, frame: memoryview, sockets: list[socket.socket]) -> int:
        if sockets:
            return socket.send_fds(self._socket, [frame], [item.fileno() for item in sockets])
        return self._socket.send(frame)

    def _drop_outbox(self) -> None:
        for _, sockets in self._outbox:
            for item in sockets:
                item.close()
        self._outbox.clear()

    def _fail(self, why: str) -> None:
        log.error("cannot read from the channel: %s", why)
        self._buffer.clear()
        self._lost()

    def _lost(self) -> None:
        """Take it that the other end has gone: nothing more comes, nothing more arrives there."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._drop_outbox()
        self._release()
        if self._on_lost is not None:
            self._on_lost()

    def _release(self) -> None:
        while self._sockets:
            self._sockets.popleft().close()
        self._socket.close()
        self._gone.set()
