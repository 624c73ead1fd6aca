"""Sockets that tell family and kind as numbers.

The standard library's look both up in enums each time they are asked, and an event loop asks several
times for each connection: a tenth of what a connection costs here.
"""

from __future__ import annotations

import socket
from typing import Any


class PlainSocket(socket.socket):
    """A socket whose `family` and `type` are plain integers, and so are those of what it accepts."""

    __slots__ = ()

    family = socket.SocketType.family  # type: ignore[assignment]  # an integer serves as well
    type = socket.SocketType.type  # type: ignore[assignment]  # as above

    def accept(self) -> tuple[PlainSocket, Any]:
        """Accept a connection; return it and where it comes from. Raises OSError."""
        descriptor, address = self._accept()  # type: ignore[attr-defined]  # what socket.accept calls
        return PlainSocket(self.family, self.type, self.proto, descriptor), address
