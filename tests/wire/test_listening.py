from __future__ import annotations

import errno
import socket

import pytest

from readylb.wire.listening import listening_socket
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
