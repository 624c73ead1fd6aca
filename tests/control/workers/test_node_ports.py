from __future__ import annotations

import random
import socket

from readylb.control.workers.node_ports import FIRST, LAST, NodePorts, can_bind


def always(host: str, port: int) -> bool:
    return True


def test_ports_are_random_within_kubernetes_range() -> None:
    ports = NodePorts(random.Random(3), always)
    found = {ports.allocate("127.0.0.1", set()) for _ in range(20)}
    assert len(found) > 10
    assert all(port is not None and FIRST <= port <= LAST for port in found)


def test_taken_and_refused_ports_are_passed_over() -> None:
    first = NodePorts(random.Random(3), always).allocate("127.0.0.1", set())
    assert first is not None
    assert NodePorts(random.Random(3), always).allocate("127.0.0.1", {first}) != first
    refusing = NodePorts(random.Random(3), always)
    refusing.refuse(first)
    assert refusing.allocate("127.0.0.1", set()) != first


def test_the_last_free_port_is_found_and_then_there_is_none() -> None:
    ports = NodePorts(random.Random(3), lambda _, port: port == 31999)
    assert ports.allocate("127.0.0.1", set()) == 31999
    assert ports.allocate("127.0.0.1", {31999}) is None


def test_a_port_that_somebody_listens_on_cannot_be_bound() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert not can_bind("127.0.0.1", port)
    assert can_bind("127.0.0.1", port)
