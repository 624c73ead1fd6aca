"""Addresses for pods with a network of their own: which range is free, and who has which address.

IPv4 only: a range for each readylb, its first address the machine's own on the bridge.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from readylb.errors import RuntimeFailureError

#: Where a range is looked for when none is named, in this order: private blocks (RFC 1918) that neither
#: Docker (172.17.0.0/16 and up), nor podman (10.88.0.0/16), nor kubeadm's habits (10.244.0.0/16) use,
#: then the block for benchmarks (RFC 2544), for machines whose VPN has taken all of 10.0.0.0/8.
POOLS = ("10.213.0.0/16", "172.30.192.0/18", "192.168.208.0/20", "198.18.0.0/15")
#: The length of such a range: 1,021 pods. A Linux bridge has 1,023 ports.
LENGTH = 22
#: The longest range that has room for the machine and a pod.
LONGEST = 30


def parse_range(text: str) -> IPv4Network:
    """Return the range that `ADDRESS/LENGTH` names. ValueError says what is wrong."""
    if ":" in text:
        msg = "pods have IPv4 addresses (write it as 10.213.0.0/22)"
        raise ValueError(msg)
    try:
        found = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError) as error:
        msg = "it reads ADDRESS/LENGTH, as in 10.213.0.0/22"
        raise ValueError(msg) from error
    if "/" not in text or found.prefixlen > LONGEST:
        msg = f"it has no room for pods (a length from 8 to {LONGEST}, as in 10.213.0.0/22)"
        raise ValueError(msg)
    if str(found.network_address) != text.partition("/")[0]:
        msg = f"the range that has this address is {found}"
        raise ValueError(msg)
    if found.prefixlen < 8 or not found.is_private:  # noqa: PLR2004 - the largest private block
        msg = "it is not private (RFC 1918: in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)"
        raise ValueError(msg)
    return found


def choose_range(wanted: IPv4Network | None, routes: Iterable[str]) -> IPv4Network:
    """Return the wanted range, or else the first of the pools, that no route leads to.

    `routes` are destinations as `ip route` names them; `default` is nobody's. RuntimeFailureError names
    the route in the way.
    """
    taken = [IPv4Network(route, strict=False) for route in routes if route not in {"default", "0.0.0.0/0"}]
    candidates = (
        [wanted]
        if wanted is not None
        else (item for pool in POOLS for item in IPv4Network(pool).subnets(new_prefix=LENGTH))
    )
    for candidate in candidates:
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    if wanted is None:
        msg = f"there are routes to all of {', '.join(POOLS)} (name a free range: --pod-cidr RANGE)"
        raise RuntimeFailureError(msg)
    rival = next(network for network in taken if wanted.overlaps(network))
    msg = f"{wanted} overlaps the route to {rival} (choose another range, or leave out --pod-cidr)"
    raise RuntimeFailureError(msg)


class PodAddresses:
    """Gives out the addresses of a range, and takes them back."""

    def __init__(self, network: IPv4Network) -> None:
        """Begin with the machine's own address."""
        self.network = network
        self._taken: set[int] = set()
        self._next = 1
        self.gateway = str(network[1])
        self.length = network.prefixlen

    def __repr__(self) -> str:
        """Show the state."""
        return f"<pod addresses {self.network}, {len(self._taken)} taken>"

    def allocate(self) -> str:
        """Return a free address. RuntimeFailureError when none is left.

        One that was given back comes again only after the whole range: neighbours remember who had it.
        """
        last = self.network.num_addresses - 2
        for _ in range(last - 1):
            self._next = self._next + 1 if self._next < last else 2
            if self._next not in self._taken:
                self._taken.add(self._next)
                return str(self.network[self._next])
        msg = f"no address is left in {self.network} (delete pods, or start with a larger --pod-cidr)"
        raise RuntimeFailureError(msg)

    def release(self, address: str) -> None:
        """Take an address back."""
        first = int(self.network.network_address)
        self._taken.discard(int(IPv4Network(address).network_address) - first)
