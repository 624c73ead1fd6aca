"""Host ports for pods that share the host's network: one for each declared container port.

They come from the range of `core.capacity`. Two readylb on one machine begin at random places of it.
"""

from __future__ import annotations

import random
import socket

from readylb.core.capacity import FIRST_PORT as FIRST
from readylb.core.capacity import LAST_PORT as LAST
from readylb.errors import RuntimeFailureError


class PortAllocator:
    """Gives out ports and remembers them until they are released."""

    def __init__(self, rng: random.Random) -> None:
        """Begin somewhere in the range."""
        self._taken: set[int] = set()
        self._next = rng.randint(FIRST, LAST)

    def allocate(self, host: str) -> int:
        """Return a port that nobody listens on, at `host` or everywhere.

        A released port comes again only after the whole range. RuntimeFailureError when none is left.
        """
        for _ in range(LAST - FIRST + 1):
            port = self._next
            self._next = FIRST if port == LAST else port + 1
            if port not in self._taken and _free(host, port):
                self._taken.add(port)
                return port
        msg = f"no free port between {FIRST} and {LAST} (delete pods, or end what listens there)"
        raise RuntimeFailureError(msg)

    def claim(self, host: str, port: int) -> None:
        """Take a port that the manifest names (`hostPort`). RuntimeFailureError when it is taken."""
        if port in self._taken or not _free(host, port):
            msg = f"hostPort {port} is taken (choose another, or leave it out)"
            raise RuntimeFailureError(msg)
        self._taken.add(port)

    def release(self, port: int) -> None:
        """Give a port back."""
        self._taken.discard(port)


def _free(host: str, port: int) -> bool:
    # An app may bind either the pod's address or all of them: both must be possible.
    return all(_can_bind(address, port) for address in (host, "0.0.0.0"))


def _can_bind(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an earlier listener that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
