"""What an endpoint said before it closed on a request that was still being written: mostly a 413.

Closing on unread bytes resets the connection, so the next write fails, often before the answer was read.
The kernel keeps what came before the reset.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from readylb.data.upstream import Upstream

_PIECE_BYTES: Final = 65536


def hear_out(upstream: Upstream) -> None:
    """Give `upstream`, whose connection broke, what its endpoint has said and nobody has read yet.

    RFC 9112 §9.5: who sends a body watches for the response while it does.
    """
    exchange, connection = upstream.exchange, upstream.socket
    # Nothing can be joined to what is broken.
    if exchange is None or connection is None or exchange.request.upgrade:
        return
    words = _read_out(connection.fileno())
    if words:
        # Of what was written something has not arrived: neither connection may have another request.
        exchange.body_complete = False
        upstream.data_received(words)


def unread(transport: asyncio.Transport) -> bytes:
    """Return what came over a connection, of whose loss its protocol is being told, and was not read."""
    connection = transport.get_extra_info("socket")
    return b"" if connection is None else _read_out(connection.fileno())


def _read_out(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    # Nothing more there, or the reset itself: either way this was all.
    with suppress(OSError):
        while piece := os.read(descriptor, _PIECE_BYTES):
            pieces.append(piece)
    return b"".join(pieces)
