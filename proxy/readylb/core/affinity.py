"""sessionAffinity: ClientIP: which endpoint a client was last given, for as long as it comes back in time.

As kube-proxy's iptables mode does it (`--rcheck --seconds N --reap`, one list per Service port): the
entry is checked before any balancing, among the endpoints that may have traffic now, and each new
request or connection renews it. Memory is bounded: beyond the limit, who was not seen for longest is
forgotten first.
"""

from __future__ import annotations

#: Clients remembered for one Service port: some 15 MiB. The kernel's own list for kube-proxy
#: (xt_recent's ip_list_tot) has room for 100.
CLIENTS = 65_536


class Affinity:
    """Clients by address; `timeout_seconds` after the last visit an entry is void."""

    __slots__ = ("_clients", "_entries", "timeout_seconds")

    def __init__(self, timeout_seconds: float, clients: int = CLIENTS) -> None:
        """Remember at most `clients`."""
        self.timeout_seconds = timeout_seconds
        self._clients = clients
        # Address -> endpoint's uid and the last visit, least recent first.
        self._entries: dict[str, tuple[str, float]] = {}

    def __len__(self) -> int:
        """Return how many clients are remembered."""
        return len(self._entries)

    def find(self, client: str, now: float) -> str | None:
        """Return the uid of the endpoint that `client` was given last; None when too long ago."""
        entry = self._entries.get(client)
        if entry is None:
            return None
        if now - entry[1] >= self.timeout_seconds:
            del self._entries[client]
            return None
        return entry[0]

    def keep(self, client: str, uid: str, now: float) -> None:
        """Remember that `client` was given the endpoint `uid` now."""
        entries = self._entries
        entries.pop(client, None)
        entries[client] = (uid, now)
        while len(entries) > self._clients or self._is_void(now):
            del entries[next(iter(entries))]

    def _is_void(self, now: float) -> bool:
        """Say whether the least recent entry has timed out."""
        _, visited = next(iter(self._entries.values()))
        return now - visited >= self.timeout_seconds
