"""Clients that come in crowds and leave: nothing stays behind."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.faults.mixed_load import MixedLoad
from tests.e2e.faults.stage import stage

CROWD = 400


@contextmanager
def crowd(port: int, size: int) -> Iterator[list[socket.socket]]:
    """Open many connections at once."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            for _ in range(size)
        ]


def test_crowds_of_connections_are_all_served_and_leave_nothing_behind(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        with MixedLoad(on.port, clients=4) as load:
            for _ in range(3):
                with crowd(on.port, CROWD) as clients:
                    for number, client in enumerate(clients):
                        client.sendall(f"GET /crowd-{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    for number, client in enumerate(clients):
                        response = http.client.HTTPResponse(client)
                        response.begin()
                        assert response.status == 200
                        assert response.read().decode().split(" ")[0] == f"/crowd-{number}"
        on.judge(load, least=20)
