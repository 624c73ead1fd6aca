"""The listening sockets of a Service port, as whoever opens them must open them.

In one process the worker opens its own. With worker processes the control process opens them all and
passes each worker one. On Linux every worker has a socket of its own on the same address
(SO_REUSEPORT, socket(7)), over which the kernel spreads connections evenly. One socket that all
share would have none of that: whoever wakes up first takes a whole burst, and clients that keep their
connections then stay with one worker. Two known weaknesses of SO_REUSEPORT do not apply here:

- A port that is taken must be an error. So the first socket is bound without the option, which fails
  if anybody listens, and is given it afterwards; then the others can join.
- Connections that wait for a worker that dies must not be lost. So the control process keeps the
  sockets open, and the worker that replaces it gets the same ones, with what waits in them.

Elsewhere the option spreads nothing, and all workers share one socket.
"""

from __future__ import annotations

import socket
import sys

from readylb.wire.messages import Address

# Connections the kernel keeps until they are accepted; it caps this at net.core.somaxconn (4096).
BACKLOG = 4096

_SPREADS = sys.platform == "linux"


def listening_socket(address: Address) -> socket.socket:
    """Bind and listen on `address`; the socket does not block. Raises OSError."""
    (opened,) = listening_sockets(address, 1)
    return opened


def listening_sockets(address: Address, count: int) -> tuple[socket.socket, ...]:
    """Return up to `count` sockets that listen on `address` together and do not block. Raises OSError."""
    opened: list[socket.socket] = []
    try:
        opened.append(_bound(address, join=False))
        if count > 1 and _SPREADS:
            opened[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            same = Address(address.host, opened[0].getsockname()[1])
            opened.extend(_bound(same, join=True) for _ in range(1, count))
        for item in opened:
            item.listen(BACKLOG)
    except OSError:
        for item in opened:
            item.close()
        raise
    return tuple(opened)


def _bound(address: Address, *, join: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if join:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address.host, address.port))
    except OSError:
        opened.close()
        raise
    return opened
