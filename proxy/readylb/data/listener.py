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
from readylb.wire.listening import BACKLOG
from readylb.wire.messages import Address

Factory = Callable[[], asyncio.BaseProtocol]


class Listener:
    """A bound address; the socket may be shared with other processes."""

    __slots__ = ("_factory", "_loop", "_paused", "_server", "_socket", "address")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, host: str, opened: socket.socket, factory: Factory
    ) -> None:
        """Accept on `opened`, a listening socket that is bound to `host` and ours from now on."""
        self._loop = loop
        self._factory = factory
        self._server: asyncio.Server | None = None
        self._paused = False
        self._socket = opened
        self.address = Address(host, opened.getsockname()[1])
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
