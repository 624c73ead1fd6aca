"""Ports that no other test takes: each pytest-xdist worker has a range of its own.

The ranges lie below the ephemeral ports, so that no outgoing connection takes one either, and below
those that readylb gives to pods.
"""

from __future__ import annotations

import itertools
import os
import socket

FIRST = 12000
PER_WORKER = 600

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_start = FIRST + _worker % 12 * PER_WORKER
# Another run of these tests on the same machine has the same ranges: begin at another place in them.
_begin = os.getpid() * 37 % PER_WORKER
_numbers = itertools.cycle([*range(_start + _begin, _start + PER_WORKER), *range(_start, _start + _begin)])


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    for port in itertools.islice(_numbers, PER_WORKER):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    msg = f"no free port from {_start} to {_start + PER_WORKER - 1}"
    raise AssertionError(msg)
