"""The pods' network: a bridge of this readylb's own, and a veth pair from it to each pod.

Names have 15 characters at most, so they carry a random word, and the alias says whose they are. Pods
have a route to their own range only: what they are not connected to fails at once, rather than after
the timeouts of packets that nobody forwards.
"""

from __future__ import annotations

import itertools
import logging
import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import Any

from readylb.control.runtimes.isolation import ip_command
from readylb.control.runtimes.isolation.inside import PodEntrance
from readylb.control.runtimes.isolation.machine_lock import machine_lock
from readylb.control.runtimes.owner import Owner
from readylb.core.pod_addresses import PodAddresses, choose_range
from readylb.errors import RuntimeFailureError

log = logging.getLogger(__name__)

#: How many pods may have been wired before names come again; five hexadecimal digits.
_NAMES = 16**5


class PodNetwork:
    """One bridge and what hangs on it. Blocks: called in threads."""

    def __init__(self, wanted: IPv4Network | None) -> None:
        """Make nothing yet. `wanted` is the range of the pods; None: a free one is chosen."""
        self._wanted = wanted
        self._token = secrets.token_hex(3)
        self._serial: Iterator[int] = itertools.count()
        self._owner = Owner.this()
        self._bridge = f"rlb-{self._token}"
        #: Opening goes on in its thread when who waits for it is cancelled; closing waits for it then.
        self._changing = threading.Lock()
        self._closed = False

    def __repr__(self) -> str:
        """Show the state."""
        return f"<pod network {self._bridge} of {self._owner}>"

    def open(self) -> PodAddresses:
        """Remove what dead ones have left, then make the bridge; return the addresses that pods may have.

        RuntimeFailureError when there is no range left, or the kernel refuses.
        """
        with self._changing, machine_lock():
            if self._closed:
                msg = "readylb is ending"
                raise RuntimeFailureError(msg)
            remove_leftovers()
            routes = [item["dst"] for item in ip_command.show("-4", "route", "show", "table", "all")]
            network = choose_range(self._wanted, routes)
            addresses = PodAddresses(network)
            # Without an address of its own, a bridge takes the lowest of its ports': it would change with
            # them, and the pods would look for their neighbour in vain until they ask again.
            mac = "02:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(5))
            ip_command.change(
                f"link add name {self._bridge} address {mac} type bridge",
                f"link set dev {self._bridge} alias {self._owner}",
                f"addr add {addresses.gateway}/{addresses.length} dev {self._bridge}",
                f"link set dev {self._bridge} up",
            )
        return addresses

    def wire(self, entrance: PodEntrance, address: str, length: int) -> str:
        """Give a pod its `eth0` with an address, and return the name of the other end."""
        outside = f"rlb{self._token}-{next(self._serial) % _NAMES:x}"
        # Made inside, so that it takes its place on the host with everything else already done.
        entrance.within_network(
            lambda: ip_command.change(
                f"link add name eth0 type veth peer name {outside} netns {os.getpid()}",
                "link set dev lo up",
                f"addr add {address}/{length} dev eth0",
                "link set dev eth0 up",
            )
        )
        ip_command.change(
            f"link set dev {outside} alias {self._owner}",
            f"link set dev {outside} master {self._bridge}",
            f"link set dev {outside} up",
        )
        return outside

    def unwire(self, outside: str) -> None:
        """Remove a pod's wire, which may have gone with the pod."""
        ip_command.change(f"link del dev {outside}", force=True)

    def close(self) -> None:
        """Remove the bridge and every wire, for good."""
        with self._changing:
            self._closed = True
            _remove(link["ifname"] for link in _links() if link.get("ifalias") == str(self._owner))


def remove_leftovers() -> None:
    """Remove the interfaces of readylbs that are dead, and of nobody else."""
    dead = []
    for link in _links():
        owner = Owner.named_in(link.get("ifalias", ""))
        if owner is not None and owner.is_dead():
            dead.append(link["ifname"])
    if dead:
        log.info("Removing what a readylb that was killed has left: %s", ", ".join(dead))
        _remove(dead)


def _links() -> list[dict[str, Any]]:
    return ip_command.show("link", "show")


def _remove(names: Iterable[str]) -> None:
    lines = [f"link del dev {name}" for name in names]
    if lines:
        ip_command.change(*lines, force=True)
