"""Node ports: a second local port for Services of type NodePort and LoadBalancer, as in a cluster."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Callable, Collection

#: Kubernetes' default `--service-node-port-range`.
FIRST = 30000
LAST = 32767

#: Random tries before the range is searched in order.
_TRIES = 32


def can_bind(host: str, port: int) -> bool:
    """Say whether nobody listens there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}
    return True


class NodePorts:
    """Gives out node ports at random. A port that could not be listened on is not given again."""

    def __init__(self, rng: random.Random, free: Callable[[str, int], bool] = can_bind) -> None:
        """Have given out nothing; `free` says whether a host's port can be bound."""
        self._rng = rng
        self._free = free
        self._refused: set[int] = set()

    def refuse(self, port: int) -> None:
        """Remember that a port could not be listened on."""
        self._refused.add(port)

    def allocate(self, host: str, taken: Collection[int]) -> int | None:
        """Return a free port that is not in `taken`; None when there is none."""
        for _ in range(_TRIES):
            port = self._rng.randint(FIRST, LAST)
            if self._usable(host, port, taken):
                return port
        return next((port for port in range(FIRST, LAST + 1) if self._usable(host, port, taken)), None)

    def _usable(self, host: str, port: int, taken: Collection[int]) -> bool:
        return port not in taken and port not in self._refused and self._free(host, port)
