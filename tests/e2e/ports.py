"""Ports that no other test takes: each pytest-xdist worker has a range of its own.

Between choosing a port and listening there is a moment, so whoever has chosen one says so with a lock: an
abstract Unix socket, which ends with its process. Another run of these tests on the same machine sees it.

The ranges lie below the ephemeral ports, so that no outgoing connection takes one either, and below
those that readylb gives to pods.
"""

from __future__ import annotations

import itertools
import os
import socket
from collections import deque

FIRST = 12000
PER_WORKER = 600

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_start = FIRST + _worker % 12 * PER_WORKER
# Another run of these tests on the same machine has the same ranges: begin at another place in them.
_begin = os.getpid() * 37 % PER_WORKER
_numbers = itertools.cycle([*range(_start + _begin, _start + PER_WORKER), *range(_start, _start + _begin)])
#: The locks, as descriptors: the oldest ones go, because by then their ports are in use or left again.
_locks: deque[int] = deque()
_LOCKS = 300


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on and no other test has chosen."""
    return free_ports_in_a_row(1)[0]


def free_ports_in_a_row(count: int) -> list[int]:
    """Return `count` such ports, each one more than the one before."""
    row: list[int] = []
    for port in itertools.islice(_numbers, PER_WORKER):
        if row and port != row[-1] + 1:
            row = []
        row = [*row, port] if _lock(port) and _is_free(port) else []
        if len(row) == count:
            return row
    msg = f"no {count} free ports in a row from {_start} to {_start + PER_WORKER - 1}"
    raise AssertionError(msg)


def _is_free(port: int) -> bool:
    """Say that nobody listens there; what was connected there and has ended does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lock(port: int) -> bool:
    """Say that the port is ours; False when it is somebody else's. A process has its locks for itself."""
    with socket.socket(socket.AF_UNIX) as lock:
        try:
            lock.bind(f"\0readylb-tests-{port}")
        except OSError:
            return False
        _locks.append(lock.detach())
    if len(_locks) > _LOCKS:
        os.close(_locks.popleft())
    return True
