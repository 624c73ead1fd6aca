"""What the link remembers of one Service port: what it said last, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from readylb.control.store import Key
from readylb.wire.messages import Address, ListenFailed, Listening, SetEndpoints, SetService

#: Addresses that stand for all of this machine's.
WILDCARDS = frozenset({"0.0.0.0", "::"})


@dataclass(slots=True)
class Applied:
    """The newest endpoints that the worker has confirmed, and how long that took."""

    generation: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class ServicePortState:
    """One Service port. `pending`: it was asked to listen and has not answered yet."""

    key: str
    service: Key
    port: int
    primary: Address | None = None
    node_port: int = 0
    settings: SetService | None = None
    endpoints: SetEndpoints | None = None
    sent_at: float = 0.0
    pending: bool = False
    local_port: int | None = None
    conflict: str = ""
    failure: ListenFailed | None = None
    #: Endpoints that lead back here, and have no traffic for it.
    circling: frozenset[str] = frozenset()
    applied: Applied = field(default_factory=Applied)

    def __repr__(self) -> str:
        """Show the state."""
        state = "pending" if self.pending else "failed" if self.failure else f"on {self.local_port}"
        generation = self.endpoints.generation if self.endpoints else 0
        return f"<service port {self.key} {state} generation={generation} applied={self.applied.generation}>"

    @property
    def generation(self) -> int:
        """The generation of the endpoints that were sent last."""
        return self.endpoints.generation if self.endpoints else 0

    @property
    def in_force(self) -> bool:
        """Say whether the endpoints that were sent last have been confirmed."""
        return self.applied.generation == self.generation

    def claims(self, address: Address) -> bool:
        """Say whether this port's listening leaves no room for `address`."""
        if self.settings is None or self.failure is not None or not address.port:
            return False
        return any(_overlap(address, mine) for mine in self.settings.listen)

    def is_primary(self, address: Address) -> bool:
        """Say whether `address`, as the worker reports it, is the one that must not fail."""
        mine = self.primary
        if mine is None or address.host != mine.host:
            return False
        return address.port == mine.port or (mine.port == 0 and address.port != self.node_port)

    def listening(self, message: Listening) -> bool:
        """Take the worker's word; say whether that changed anything."""
        if not self.is_primary(message.address):
            return False
        changed = self.pending or self.local_port != message.address.port
        self.pending, self.failure, self.local_port = False, None, message.address.port
        return changed

    def failed(self, failure: ListenFailed) -> None:
        """Take it that the primary address is not listened on."""
        self.pending, self.failure, self.local_port = False, failure, None


def _overlap(one: Address, other: Address) -> bool:
    """Workers bind IPv6 for itself, so only addresses of one family are in each other's way."""
    same_family = (":" in one.host) == (":" in other.host)
    same_host = one.host == other.host or not WILDCARDS.isdisjoint({one.host, other.host})
    return one.port == other.port and same_family and same_host
