"""One listening socket of a Service port. Accepting pauses at the file limit and goes on below it.

The kernel's socket stays open while paused, so clients wait in its backlog instead of being refused.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Any

from readylb.data.drive import drive
from readylb.wire.messages import Address

# Connections the kernel keeps until they are accepted; it caps this at net.core.somaxconn (4096).
BACKLOG = 4096

Factory = Callable[[], asyncio.BaseProtocol]


class Listener:
    """A bound address."""

    __slots__ = ("_factory", "_loop", "_paused", "_server", "_socket", "address")

    def __init__(self, loop: asyncio.AbstractEventLoop, address: Address, factory: Factory) -> None:
        """Bind and listen on `address`. Raises OSError."""
        self._loop = loop
        self._factory = factory
        self._server: asyncio.Server | None = None
        self._paused = False
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self._socket.bind((address.host, address.port))
            self._socket.listen(BACKLOG)
        except OSError:
            self._socket.close()
            raise
        self.address = Address(address.host, self._socket.getsockname()[1])
        self._accept()

    def pause(self) -> None:
        """Accept nothing; clients queue in the kernel."""
        self._paused = True
        if self._server is not None:
            self._server.close()
            self._server = None

    def resume(self) -> None:
        """Accept again."""
        if self._paused:
            self._paused = False
            self._accept()

    def close(self) -> None:
        """Listen no more."""
        self.pause()
        self._socket.close()

    def _accept(self) -> None:
        try:
            # The server closes the socket it is given; ours must outlive a pause.
            own = self._socket.dup()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._paused = True
            return
        drive(
            self._loop,
            self._loop.create_server(self._factory, sock=own, backlog=BACKLOG),
            self._accepting,
        )

    def _accepting(self, server: Any, error: BaseException | None) -> None:
        if error is not None:
            self._paused = True
        elif self._paused:
            server.close()
        else:
            self._server = server
