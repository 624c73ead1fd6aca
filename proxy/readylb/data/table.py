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
from readylb.data.pool import EndpointState
from readylb.data.stats import ServiceCounters
from readylb.data.sweep import Sweep
from readylb.wire.messages import PassiveReport, SetEndpoints, SetService

Report = Callable[[PassiveReport], None]


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
        self.eligible_uids = frozenset(endpoint.uid for endpoint in eligible)


class ServiceState:
    """One Service port as this worker serves it."""

    __slots__ = (
        "_proxies",
        "clients",
        "closing",
        "counters",
        "key",
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
        self.clients: set[Client] = set()
        self.closing = False
        self.table = Table(SetEndpoints(key=settings.key, generation=0, endpoints=()), (), ())
        self.policy: Policy = load(settings.policy, Random())  # noqa: S311 - which endpoint is no secret
        self.settings = settings
        self._proxies = _networks(settings)

    def set(self, settings: SetService) -> None:
        """Follow new settings from the next request on. Raises ConfigError for an unknown policy."""
        if settings.policy != self.settings.policy:
            self.policy = load(settings.policy, Random())  # noqa: S311 - as above
        self.settings = settings
        self._proxies = _networks(settings)

    def trusts(self, address: str) -> bool:
        """Say whether a client at `address` may speak for others (`trusted_proxies`)."""
        if not self._proxies or not address:
            return False
        client = ip_address(address.partition("%")[0])
        return any(client in network for network in self._proxies)

    def apply(self, message: SetEndpoints) -> None:
        """Swap the table. From here on no request goes to an endpoint that it does not admit."""
        chosen = {entry.uid for entry in select(message.endpoints)}
        known = {(state.uid, state.host, state.port): state for state in self.table.endpoints}
        endpoints = []
        for entry in message.endpoints:
            state = known.pop((entry.uid, entry.host, entry.port), None)
            if state is None:
                state = EndpointState(self.loop, self.sweep, entry)
            endpoints.append(state)
        eligible = tuple(state for state in endpoints if state.uid in chosen)
        before = self.table.eligible
        self.table = Table(message, tuple(endpoints), eligible)
        for state in eligible:
            state.eligible = True
        for state in before:
            if state not in eligible:
                state.withdraw()


def _networks(settings: SetService) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(proxy, strict=False) for proxy in settings.trusted_proxies)
