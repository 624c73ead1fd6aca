"""What a worker knows of a Service port: settings, an immutable table of endpoints, counts.

A table is swapped whole. The endpoints in it are objects that live on from table to table as long
as uid and address stay the same, because they carry connections and counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from random import Random
from typing import Protocol

from readylb.core.balancing.policy import Policy
from readylb.core.balancing.table import load
from readylb.core.selection import select
from readylb.data.access_log import AccessLog
from readylb.data.keyed import keyed
from readylb.data.pool import EndpointState
from readylb.data.stats import ServiceCounters
from readylb.data.sweep import Sweep
from readylb.wire.messages import EndpointsApplied, PassiveReport, SetEndpoints, SetService

Report = Callable[[PassiveReport | EndpointsApplied], None]
_Networks = tuple[IPv4Network | IPv6Network, ...]


class Client(Protocol):
    """A client connection, whatever is spoken on it."""

    def drain(self) -> None:
        """End where nothing is under way."""

    def cut(self) -> None:
        """End at once."""


class Table:
    """One generation of a Service port's endpoints."""

    __slots__ = ("eligible", "eligible_uids", "endpoints", "generation", "reason", "retry_after_seconds")

    def __init__(
        self, message: SetEndpoints, endpoints: tuple[EndpointState, ...], eligible: tuple[EndpointState, ...]
    ) -> None:
        """Hold `endpoints`, of which `eligible` may have traffic."""
        self.generation = message.generation
        self.reason = message.no_ready_reason
        self.retry_after_seconds = message.retry_after_seconds
        self.endpoints = endpoints
        self.eligible = eligible
        self.eligible_uids = {endpoint.uid: endpoint for endpoint in eligible}


class ServiceState:
    """One Service port as this worker serves it."""

    __slots__ = (
        "_parting",
        "_proxies",
        "_sources",
        "access_log",
        "clients",
        "closing",
        "counters",
        "key",
        "keyed",
        "loop",
        "policy",
        "report",
        "settings",
        "sweep",
        "table",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sweep: Sweep, settings: SetService, report: Report
    ) -> None:
        """Know no endpoint yet. Raises ConfigError for an unknown policy."""
        self.loop = loop
        self.sweep = sweep
        self.key = settings.key
        self.report = report
        self.counters = ServiceCounters()
        self.access_log: AccessLog | None = None
        self.clients: set[Client] = set()
        self.closing = False
        # Endpoints that are in the table no more, and still have something in flight.
        self._parting: list[EndpointState] = []
        self.table = Table(SetEndpoints(key=settings.key, generation=0, endpoints=()), (), ())
        self.policy: Policy = load(settings.policy, Random())  # noqa: S311 - which endpoint is no secret
        self.keyed = keyed(settings, self.policy)
        self.settings = settings
        self._proxies = _networks(settings.trusted_proxies)
        self._sources = _networks(settings.source_ranges)

    def set(self, settings: SetService) -> None:
        """Follow new settings from the next request on. Raises ConfigError for an unknown policy."""
        before = self.settings
        if settings.policy != before.policy:
            self.policy = load(settings.policy, Random())  # noqa: S311 - as above
        if _picks(settings) != _picks(before):
            self.keyed = keyed(settings, self.policy)
        self.settings = settings
        self._proxies = _networks(settings.trusted_proxies)
        self._sources = _networks(settings.source_ranges)

    def trusts(self, address: str) -> bool:
        """Say whether a client at `address` may speak for others (`trusted_proxies`)."""
        return bool(self._proxies) and _within(address, self._proxies)

    def serves(self, address: str) -> bool:
        """Say whether a client at `address` is served at all (loadBalancerSourceRanges)."""
        return not self._sources or _within(address, self._sources)

    def full(self) -> tuple[EndpointState, ...]:
        """Return the endpoints that have as many requests as they may have."""
        most = self.settings.limits.endpoint_connections
        return tuple(state for state in self.table.eligible if state.in_flight >= most) if most else ()

    def apply(self, message: SetEndpoints) -> None:
        """Swap the table. From here on no request goes to an endpoint that it does not admit."""
        chosen = {entry.uid for entry in select(message.endpoints)}
        known = {(state.uid, state.host, state.port): state for state in self.table.endpoints}
        endpoints = []
        for entry in message.endpoints:
            state = known.pop((entry.uid, entry.host, entry.port), None)
            if state is None:
                state = EndpointState(self.loop, self.sweep, entry, self._left)
            state.weight = entry.weight
            endpoints.append(state)
        eligible = tuple(state for state in endpoints if state.uid in chosen)
        before = self.table.eligible
        self._parting = [state for state in (*self._parting, *known.values()) if state.in_flight]
        self.table = Table(message, tuple(endpoints), eligible)
        for state in eligible:
            state.eligible = True
        for state in before:
            if state not in eligible:
                state.withdraw()

    def applied(self) -> EndpointsApplied:
        """Return which table rules, and who of those that it excludes is not done yet."""
        eligible = self.table.eligible_uids
        busy = {state.uid for state in self.table.endpoints if state.in_flight and state.uid not in eligible}
        busy.update(state.uid for state in self._parting if state.in_flight)
        return EndpointsApplied(self.key, self.table.generation, tuple(sorted(busy)))

    def _left(self, endpoint: EndpointState) -> None:
        """Tell when an endpoint that has nothing more to expect has had its last exchange."""
        if endpoint.in_flight == 0 and not self.closing:
            self.report(self.applied())


def _networks(texts: tuple[str, ...]) -> _Networks:
    return tuple(ip_network(text, strict=False) for text in texts)


def _within(address: str, networks: _Networks) -> bool:
    """Say whether an address is in one of the networks; an IPv4 address may come as ::ffff:a.b.c.d."""
    try:
        client = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(client, "ipv4_mapped", None)
    return any((mapped or client) in network for network in networks)


def _picks(settings: SetService) -> tuple[str, str, str, int]:
    """Return what decides who is picked: affinity is forgotten when any of it changes."""
    return settings.policy, settings.protocol, settings.hash_on, settings.affinity_seconds
