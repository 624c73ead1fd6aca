"""The listening sockets that the control process has passed to this worker, until they are used."""

from __future__ import annotations

import errno
import os
import socket

from readylb.wire.channel import Message, Receiver
from readylb.wire.messages import Address, RemoveService, Sockets
from readylb.wire.socket_channel import SocketChannel


class PassedSockets:
    """A worker's end of the channel that keeps aside the sockets that come with its messages."""

    def __init__(self, channel: SocketChannel) -> None:
        """Have got none yet."""
        self._channel = channel
        self._receiver: Receiver | None = None
        self._sockets: dict[tuple[str, Address], socket.socket] = {}

    def open(self, key: str, address: Address) -> socket.socket:
        """Return the socket for an address of a Service port, once. OSError if none was passed."""
        found = self._sockets.pop((key, address), None)
        if found is None:
            raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
        return found

    def send(self, message: Message) -> None:
        """Queue a message for the control process."""
        self._channel.send(message)

    def listen(self, receiver: Receiver) -> None:
        """Hand every message but `Sockets` to `receiver`."""
        self._receiver = receiver
        self._channel.listen(self._receive)

    def close(self) -> None:
        """End both directions after what was sent has been written."""
        self._channel.close()

    def _receive(self, message: Message) -> None:
        if isinstance(message, Sockets):
            passed = self._channel.take_sockets(len(message.addresses))
            for address, opened in zip(message.addresses, passed, strict=False):
                self._keep(message.key, address, opened)
            return
        if self._receiver is not None:
            self._receiver(message)
        if isinstance(message, RemoveService):
            for key in [known for known in self._sockets if known[0] == message.key]:
                self._sockets.pop(key).close()

    def _keep(self, key: str, address: Address, opened: socket.socket) -> None:
        old = self._sockets.pop((key, address), None)
        if old is not None:
            old.close()
        opened.setblocking(False)  # as it is already; the object does not know
        self._sockets[key, address] = opened
