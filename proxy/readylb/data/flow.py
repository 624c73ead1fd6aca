"""Back-pressure: one side stops reading while there is a reason to, and starts when the last is gone.

Reasons are bits, so that two of them never undo each other.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from typing import Final, Protocol

PEER_FULL: Final = 1  # the other side's write buffer is over its high-water mark
NOT_CONNECTED: Final = 2  # there is no connection yet that could take what is read
BACKLOG: Final = 4  # pipelined requests wait for their turn
SPLICED: Final = 8  # the kernel moves what comes

_LINGER_ZERO = struct.pack("ii", 1, 0)


class Reading(Protocol):
    """A connection that can be told not to read."""

    held: int
    transport: asyncio.Transport


def hold(side: Reading, reason: int) -> None:
    """Stop reading from `side` for `reason`."""
    if side.held == 0 and not side.transport.is_closing():
        side.transport.pause_reading()
    side.held |= reason


def hold_client(side: Reading, reason: int, unread: set[Reading]) -> None:
    """Stop reading from a client, which is looked at from time to time among those that are `unread`."""
    hold(side, reason)
    unread.add(side)


def release(side: Reading, reason: int) -> None:
    """Take `reason` away; read again if it was the last."""
    if side.held & reason:
        side.held &= ~reason
        if side.held == 0 and not side.transport.is_closing():
            side.transport.resume_reading()


def has_unread(transport: asyncio.Transport) -> bool:
    """Ask the kernel whether it holds bytes of the peer that the loop has not read yet."""
    connection = transport.get_extra_info("socket")
    if connection is None or transport.is_closing():
        return False
    (waiting,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.FIONREAD, bytes(4)))
    return bool(waiting)


def is_reset(transport: asyncio.Transport) -> bool:
    """Ask the kernel whether the peer has reset the connection; a loop that does not read is not told."""
    connection = transport.get_extra_info("socket")
    if connection is None or transport.is_closing():
        return False
    return bool(connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def end_reset(unread: set[Reading]) -> None:
    """End those connections that were reset while nobody read from them; forget those that are read again."""
    for side in list(unread):
        if not side.held or side.transport.is_closing():
            unread.discard(side)
        elif is_reset(side.transport):
            side.transport.abort()


def is_silent(connection: socket.socket) -> bool:
    """Ask the kernel whether the peer has neither closed nor said anything that was not read yet."""
    try:
        connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def send_now(connection: socket.socket, data: bytes) -> int:
    """Return how many bytes the kernel has taken; less than none where the connection is gone."""
    try:
        return connection.send(data)
    except BlockingIOError:
        return 0
    except OSError:
        return -1


def reset(transport: asyncio.Transport) -> None:
    """Close with RST, so that a body whose end is the close of the connection is seen to be cut."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()


def cut(transport: asyncio.Transport) -> None:
    """Close with RST as `reset` does, behind what is written."""
    connection = transport.get_extra_info("socket")
    if connection is None or not transport.get_write_buffer_size():
        reset(transport)
    else:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.close()
