from __future__ import annotations

import socket

from tests.e2e.ports import free_port, free_ports_in_a_row


def test_ports_in_a_row_are_free_and_nobody_elses() -> None:
    rows = [free_ports_in_a_row(3) for _ in range(5)]
    assert all(row == list(range(row[0], row[0] + 3)) for row in rows)
    chosen = [port for row in rows for port in row] + [free_port()]
    assert len(set(chosen)) == len(chosen)
    for port in chosen:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))


def test_a_row_leaves_out_a_port_in_use() -> None:
    next_one = free_port() + 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", next_one))
        taken.listen()
        assert next_one not in free_ports_in_a_row(3)
