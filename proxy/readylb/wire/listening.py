"""A listening socket of a Service port, as whoever opens it must open it.

In one process the worker opens it. With worker processes the control process does, once, and hands
the same socket to every worker: so a port that is taken is found out at once and by one plain bind,
a worker that dies leaves its waiting connections to the others, and none are lost while it is
replaced. SO_REUSEPORT, the other way, gives each worker a queue of its own: what waits in a dead
worker's queue is reset, a busy worker's queue waits while another idles, and any process of the
same user may join in without anybody noticing.
"""

from __future__ import annotations

import socket

from readylb.wire.messages import Address

# Connections the kernel keeps until they are accepted; it caps this at net.core.somaxconn (4096).
BACKLOG = 4096


def listening_socket(address: Address) -> socket.socket:
    """Bind and listen on `address`; the socket does not block. Raises OSError."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address.host, address.port))
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened
