from __future__ import annotations

import random
import socket

import pytest

from readylb.control.runtimes import ports
from readylb.control.runtimes.ports import PortAllocator
from readylb.errors import RuntimeFailureError


@pytest.fixture
def allocator() -> PortAllocator:
    return PortAllocator(random.Random(1))


def test_ports_are_below_the_ephemeral_range_and_never_given_twice(allocator: PortAllocator) -> None:
    found = [allocator.allocate("127.0.0.1") for _ in range(50)]
    assert len(set(found)) == 50
    assert all(20000 <= port <= 29999 for port in found)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_somebody_listens_on_is_passed_over(host: str) -> None:
    expected = PortAllocator(random.Random(1)).allocate("127.0.0.1")
    with socket.socket() as other:
        other.bind((host, expected))
        other.listen()
        assert PortAllocator(random.Random(1)).allocate("127.0.0.1") != expected


def test_a_released_port_comes_again_only_after_the_others(allocator: PortAllocator) -> None:
    first = allocator.allocate("127.0.0.1")
    allocator.release(first)
    assert allocator.allocate("127.0.0.1") != first


def test_without_a_free_port_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "LAST", ports.FIRST + 2)
    monkeypatch.setattr(ports, "_free", lambda *_: True)
    allocator = PortAllocator(random.Random(1))
    assert sorted(allocator.allocate("127.0.0.1") for _ in range(3)) == [20000, 20001, 20002]
    with pytest.raises(RuntimeFailureError, match="no free port between 20000 and 20002"):
        allocator.allocate("127.0.0.1")
    allocator.release(20001)
    assert allocator.allocate("127.0.0.1") == 20001


def test_a_named_host_port_can_be_had_once(allocator: PortAllocator) -> None:
    port = allocator.allocate("127.0.0.1")
    allocator.release(port)
    allocator.claim("127.0.0.1", port)
    with pytest.raises(RuntimeFailureError, match=f"hostPort {port} is taken"):
        allocator.claim("127.0.0.1", port)
