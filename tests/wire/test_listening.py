from __future__ import annotations

import errno
import socket
import sys

import pytest

from readylb.wire.listening import listening_socket, listening_sockets
from readylb.wire.messages import Address


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_listens_and_does_not_block(host: str) -> None:
    with listening_socket(Address(host, 0)) as opened:
        with pytest.raises(BlockingIOError):
            opened.accept()
        with socket.create_connection(opened.getsockname()[:2], timeout=5):
            accepted, _ = opened.accept()
            accepted.close()


def test_a_taken_port_is_refused() -> None:
    with listening_socket(Address("127.0.0.1", 0)) as opened:
        taken = Address("127.0.0.1", opened.getsockname()[1])
        with pytest.raises(OSError, match="in use") as caught:
            listening_socket(taken)
        assert caught.value.errno == errno.EADDRINUSE
    listening_socket(taken).close()


def test_several_listen_on_one_port_and_nobody_else_does() -> None:
    opened = listening_sockets(Address("127.0.0.1", 0), 3)
    (address,) = {item.getsockname() for item in opened}
    with pytest.raises(OSError, match="in use"):
        listening_sockets(Address(*address), 3)
    for item in opened:
        item.close()
    again = listening_sockets(Address(*address), 3)
    for item in again:
        item.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers share one socket")
def test_connections_are_spread_over_them() -> None:
    opened = listening_sockets(Address("127.0.0.1", 0), 2)
    clients = [socket.create_connection(opened[0].getsockname()) for _ in range(64)]
    counts = []
    for item in opened:
        counts.append(0)
        try:
            while True:
                item.accept()[0].close()
                counts[-1] += 1
        except BlockingIOError:
            item.close()
    for client in clients:
        client.close()
    assert sum(counts) == 64
    assert min(counts) >= 8, "by a hash: fewer would be a chance of one in many millions"
