from __future__ import annotations

import socket

from readylb.data.plain_socket import PlainSocket


def test_family_and_kind_are_the_numbers_that_the_kernel_knows():
    with PlainSocket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as plain:
        assert (type(plain.family), plain.family) == (int, socket.AF_UNIX)
        assert (type(plain.type), plain.type) == (int, socket.SOCK_STREAM)
        assert not plain.getblocking()


def test_what_it_accepts_is_as_plain_and_open():
    with (
        PlainSocket(fileno=socket.create_server(("127.0.0.1", 0)).detach()) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        accepted, address = listening.accept()
        with accepted:
            assert isinstance(accepted, PlainSocket)
            assert (accepted.family, accepted.proto) == (socket.AF_INET, listening.proto)
            assert address == client.getsockname()
            client.sendall(b"hello")
            assert accepted.recv(5) == b"hello"
