"""One listening socket of a Service port. Accepting pauses where files run out, and goes on.

Connections are accepted here rather than by the loop's own server, which cannot stop in the middle of
a burst: at the file limit it would accept and drop them. While paused, clients wait in the kernel's
backlog. Accepting here also tells the client's address without another system call.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from readylb.data.drive import drive
from readylb.data.plain_socket import PlainSocket
from readylb.wire.listening import BACKLOG
from readylb.wire.messages import Address

# Accepted in one turn of the loop, so that a burst of clients does not starve those being served.
ACCEPTS_PER_TURN = 64

# Makes the protocol for a client at an IP address.
Factory = Callable[[str], asyncio.BaseProtocol]
# Says how many more clients may be accepted now.
Room = Callable[[], int]
# Hears that accepting stops, and which error stops it; None: there is no room.
Paused = Callable[[OSError | None], None]


class Listener:
    """A bound address; the socket may be shared with other processes."""

    __slots__ = ("_beginning", "_factory", "_listening", "_loop", "_paused", "_room", "_socket", "address")

    def __init__(  # noqa: PLR0913, PLR0917 - what it is wired with, each once
        self,
        loop: asyncio.AbstractEventLoop,
        host: str,
        opened: socket.socket,
        factory: Factory,
        room: Room,
        paused: Paused = lambda _: None,
    ) -> None:
        """Accept on `opened`, a listening socket that is bound to `host` and ours from now on."""
        self._loop = loop
        self._factory = factory
        self._room = room
        self._paused = paused
        self._listening = False
        # Accepted, and not yet among those that `room` knows of.
        self._beginning = 0
        self._socket = PlainSocket(fileno=opened.detach())
        # Shared with other workers, one of which may be faster: accept must never wait.
        self._socket.setblocking(False)
        self.address = Address(host, self._socket.getsockname()[1])
        self.resume()

    def __repr__(self) -> str:
        """Show address and state."""
        return f"<Listener {self.address.host}:{self.address.port} {'open' if self._listening else 'paused'}>"

    def pause(self) -> None:
        """Accept nothing; clients queue in the kernel."""
        if self._listening:
            self._listening = False
            self._loop.remove_reader(self._socket.fileno())

    def resume(self) -> None:
        """Accept again."""
        if not self._listening and self._socket.fileno() >= 0:
            self._listening = True
            self._loop.add_reader(self._socket.fileno(), self._accept)

    @property
    def beginning(self) -> int:
        """How many clients are accepted, and not yet among those that `room` knows of."""
        return self._beginning

    def close(self) -> None:
        """Listen no more. Who waits in the kernel's backlog is let in first: closing would reset them."""
        if self._listening:
            self._accept(BACKLOG)
        self.pause()
        self._socket.close()

    def _accept(self, most: int = ACCEPTS_PER_TURN) -> None:
        room = self._room() - self._beginning
        for _ in range(min(room, most)):
            try:
                connection, address = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of files or memory: those who wait can wait a little longer.
                self.pause()
                self._paused(error)
                return
            self._begin(connection, address[0])
        if room <= 0:
            self.pause()
            self._paused(None)

    def _begin(self, connection: socket.socket, address: str) -> None:
        protocol = self._factory(address)

        self._beginning += 1

        def begun(error: BaseException | None) -> None:
            self._beginning -= 1
            if error is not None:
                connection.close()

        drive(self._loop, self._loop.connect_accepted_socket(lambda: protocol, connection), begun)
