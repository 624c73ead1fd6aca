"""Picking by more than whose turn it is: by what a request is about, or by where its client was before."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from readylb.core.affinity import Affinity
from readylb.core.balancing.policy import Policy
from readylb.core.balancing.ring_hash import RingHash
from readylb.core.request_key import by_client, read_hash_on
from readylb.wire.messages import SetService

if TYPE_CHECKING:
    from readylb.data.pool import EndpointState
    from readylb.data.table import Table


class Keyed:
    """How a Service port with affinity, or with a policy that wants a key, picks."""

    __slots__ = ("_affinity", "_first", "_policy", "_read")

    def __init__(self, settings: SetService, policy: Policy) -> None:
        """Remember no client. `policy` picks where affinity is not asked for."""
        self._policy = policy
        # In TCP mode there is only the client to go by.
        self._read = by_client if settings.protocol == "tcp" else read_hash_on(settings.hash_on)
        seconds = settings.affinity_seconds
        self._affinity = Affinity(seconds) if seconds else None
        # A client that nobody remembers goes where its address belongs, so that all workers agree.
        self._first = RingHash()

    def pick(  # noqa: PLR0913, PLR0917 - what there is to go by
        self,
        table: Table,
        now: float,
        client: str,
        head: bytes = b"",
        target: bytes = b"",
        avoid: Collection[EndpointState] = (),
    ) -> EndpointState:
        """Return an eligible endpoint that is not in `avoid`; there is at least one."""
        affinity = self._affinity
        if affinity is None:
            return self._policy.pick(table.eligible, self._read(head, target, client), avoid)
        kept = affinity.find(client, now)
        endpoint = table.eligible_uids.get(kept) if kept is not None else None
        if endpoint is None or endpoint in avoid:
            endpoint = self._first.pick(table.eligible, client.encode(), avoid)
        affinity.keep(client, endpoint.uid, now)
        return endpoint


def keyed(settings: SetService, policy: Policy) -> Keyed | None:
    """Return what picks by key, or None where the policy alone does."""
    return Keyed(settings, policy) if settings.affinity_seconds or policy.needs_key else None
