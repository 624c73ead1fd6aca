"""What a worker knows of a Service port: settings, an immutable table of endpoints, counts.

A table is swapped whole. The endpoints in it are objects that live on from table to table as long
as uid and address stay the same, because they carry connections and counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from random import Random
from typing import Protocol

from readylb.core.balancing.policy import Policy
from readylb.core.balancing.round_robin import RoundRobin
from readylb.core.balancing.table import load
from readylb.core.http1.chunks import ChunkScanner
from readylb.core.http1.exchange import Request
from readylb.core.http1.headers import Peer
from readylb.core.outlier import REFUSED_MOST_SECONDS, REFUSED_SECONDS, may_eject
from readylb.core.retry import Failure
from readylb.core.retry_budget import RetryBudget
from readylb.core.selection import select
from readylb.core.slow_start import step_seconds
from readylb.data.access_log import AccessLog
from readylb.data.keyed import keyed
from readylb.data.pool import EndpointState
from readylb.data.quiet import Quiet
from readylb.data.stats import ServiceCounters
from readylb.data.sweep import NEVER, Sweep
from readylb.data.waiting import Waiting
from readylb.data.warming import warm
from readylb.wire.messages import EndpointsApplied, PassiveReport, SetEndpoints, SetService

#: Endpoints that a 503 names.
_NAMED = 4
_SERVER_ERROR = 500
_NOBODYS_FAULT = frozenset((Failure.WITHDRAWN, Failure.STARVED))
_REPORT_EVERY_SECONDS = 0.25

Report = Callable[[PassiveReport | EndpointsApplied], None]
_Networks = tuple[IPv4Network | IPv6Network, ...]


class Client(Protocol):
    """A client connection, whatever is spoken on it."""

    def drain(self) -> None:
        """End where nothing is under way."""

    def is_under_way(self) -> bool:
        """Say whether an endpoint has, or may yet get, something to do for this client."""

    def cut(self) -> None:
        """End at once."""


class HttpClient(Protocol):
    """A client connection that may have to say who it is."""

    @property
    def peer(self) -> Peer:
        """The client's address as heads tell it."""


class Table:
    """One generation of a Service port's endpoints."""

    __slots__ = (
        "eligible",
        "eligible_uids",
        "endpoints",
        "generation",
        "message",
        "reason",
        "retry_after_seconds",
    )

    def __init__(
        self, message: SetEndpoints, endpoints: tuple[EndpointState, ...], eligible: tuple[EndpointState, ...]
    ) -> None:
        """Hold `endpoints`, of which `eligible` may have traffic."""
        self.message = message
        self.generation = message.generation
        self.reason = message.no_ready_reason or _refusals(endpoints)
        self.retry_after_seconds = message.retry_after_seconds
        self.endpoints = endpoints
        self.eligible = eligible
        self.eligible_uids = {endpoint.uid: endpoint for endpoint in eligible}


class ServiceState:
    """One Service port as this worker serves it."""

    __slots__ = (
        "_parting",
        "_proxies",
        "_round_robin",
        "_sources",
        "access_log",
        "budget",
        "clients",
        "closing",
        "counters",
        "deadline",
        "endpoint_connections",
        "idle_seconds",
        "key",
        "keyed",
        "limits",
        "loop",
        "on_left",
        "policy",
        "pool_idle_seconds",
        "quiet",
        "report",
        "response_head_bytes",
        "response_head_seconds",
        "response_stall_seconds",
        "send_proxy",
        "settings",
        "splices",
        "sweep",
        "table",
        "waiting",
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
        self.budget = RetryBudget(sweep.now)
        self.deadline = NEVER
        self.waiting = Waiting(self)
        self.quiet = Quiet(loop)
        self.access_log: AccessLog | None = None
        self.clients: set[Client] = set()
        self.closing = False
        self.splices = 0
        #: Called when an endpoint has had its last exchange, once the port is served no more.
        self.on_left: Callable[[], None] | None = None
        # Endpoints that are in the table no more, and still have something in flight.
        self._parting: list[EndpointState] = []
        self.table = Table(SetEndpoints(key=settings.key, generation=0, endpoints=()), (), ())
        self.policy: Policy = load(settings.policy, Random())  # noqa: S311 - which endpoint is no secret
        self.keyed = keyed(settings, self.policy)
        self._take(settings)

    def set(self, settings: SetService) -> None:
        """Follow new settings from the next request on. Raises ConfigError for an unknown policy."""
        before = self.settings
        if settings.policy != before.policy:
            self.policy = load(settings.policy, Random())  # noqa: S311 - as above
        if _picks(settings) != _picks(before):
            self.keyed = keyed(settings, self.policy)
        self._take(settings)

    def trusts(self, address: str) -> bool:
        """Say whether a client at `address` may speak for others (`trusted_proxies`)."""
        return bool(self._proxies) and _within(address, self._proxies)

    def serves(self, address: str) -> bool:
        """Say whether a client at `address` is served at all (loadBalancerSourceRanges)."""
        return not self._sources or _within(address, self._sources)

    def scanner(self, *, decode: bool = False) -> ChunkScanner:
        """Return what follows a chunked body within the limits."""
        limits = self.limits
        return ChunkScanner(
            decode=decode, line_bytes=limits.chunk_line_bytes, trailer_bytes=limits.trailer_bytes
        )

    def full(self) -> tuple[EndpointState, ...]:
        """Return the endpoints that have as many requests as they may have."""
        most = self.limits.endpoint_connections
        return tuple(state for state in self.table.eligible if state.in_flight >= most) if most else ()

    def apply(self, message: SetEndpoints) -> None:
        """Swap the table. From here on no request goes to an endpoint that it does not admit."""
        known = {(state.uid, state.host, state.port): state for state in self.table.endpoints}
        endpoints = []
        for entry in message.endpoints:
            state = known.pop((entry.uid, entry.host, entry.port), None)
            if state is None:
                state = EndpointState(self.loop, self.sweep, entry, self._left)
            state.follow(entry)
            endpoints.append(state)
        self._parting = [state for state in (*self._parting, *known.values()) if state.in_flight]
        self._swap(message, tuple(endpoints))
        for state in known.values():
            state.retire()

    def pick(
        self, client: HttpClient, request: Request, avoid: Collection[EndpointState] = ()
    ) -> EndpointState:
        """Return who gets a request; there is one that is not in `avoid`."""
        keyed = self.keyed
        if keyed is None:
            round_robin = self._round_robin
            if round_robin is not None:
                return round_robin.pick(self.table.eligible, b"", avoid)
            return self.policy.pick(self.table.eligible, b"", avoid)
        address = client.peer.address.decode()
        return keyed.pick(self.table, self.sweep.now, address, request.head, request.target, avoid)

    def has_other(self, avoid: Collection[EndpointState]) -> bool:
        """Say whether anybody may have one more request who is not in `avoid`."""
        full = self.full()
        return any(state not in avoid and state not in full for state in self.table.eligible)

    def suspect(self, endpoint: EndpointState) -> None:
        """Exclude an endpoint that refused a connection: nobody listens there.

        It comes back when its readiness probe has passed since; without one, after a while.
        """
        outlier = endpoint.outlier
        refused_at = until = 0.0
        if endpoint.eligible:
            if endpoint.probed:
                outlier.refused_at = refused_at = self.sweep.epoch()
            else:
                outlier.eject(self.sweep.now, REFUSED_SECONDS, REFUSED_MOST_SECONDS)
                until = self._epoch(outlier.until)
        now = self.sweep.now
        if endpoint.eligible or now - endpoint.reported_at >= _REPORT_EVERY_SECONDS:
            endpoint.reported_at = now
            self.report(PassiveReport(self.key, endpoint.uid, Failure.UNREACHABLE.value, refused_at, until))
        if endpoint.eligible:
            self._swap(self.table.message, self.table.endpoints)

    def blame(self, endpoint: EndpointState, failure: Failure, *, refused: bool) -> None:
        """Take note of an attempt that failed; exclude who refused it, eject after several in a row."""
        if failure in _NOBODYS_FAULT:
            return
        endpoint.failures += 1
        if refused:
            self.suspect(endpoint)
            return
        endpoint.failing = True
        now = self.sweep.now
        if now - endpoint.reported_at >= _REPORT_EVERY_SECONDS:
            endpoint.reported_at = now
            self.report(PassiveReport(self.key, endpoint.uid, failure.value))
        if endpoint.outlier.failed(self.limits.eject_failures):
            self._eject(endpoint)

    def count_answer(self, endpoint: EndpointState, status: int) -> None:
        """Take note of an answer that ends a row of failures, or is one in a row of 5xx."""
        outlier = endpoint.outlier
        most = self.limits.eject_5xx
        if status < _SERVER_ERROR:
            endpoint.failing = False
            outlier.failures = outlier.answers_5xx = 0
        elif outlier.answered_5xx(most):
            self._eject(endpoint)
        else:
            endpoint.failing = most > 0

    def may_repeat(self) -> bool:
        """Take one retry off the budget; False where there have been too many."""
        limits, counters = self.limits, self.counters
        percent, per_second = limits.retry_percent, limits.retries_per_second
        allowed = self.budget.spend(self.sweep.now, counters.requests, percent=percent, per_second=per_second)
        counters.retries_denied += not allowed
        return allowed

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Take back who was ejected, for now, and give more to who is still growing."""
        self._swap(self.table.message, self.table.endpoints)

    def applied(self) -> EndpointsApplied:
        """Return which table rules, and who of those that it excludes is not done yet."""
        eligible = self.table.eligible_uids
        busy = {state.uid for state in self.table.endpoints if state.in_flight and state.uid not in eligible}
        busy.update(state.uid for state in self._parting if state.in_flight)
        return EndpointsApplied(self.key, self.table.generation, tuple(sorted(busy)))

    def in_flight(self) -> dict[str, int]:
        """Return how much each endpoint has in flight, by uid; those with nothing are left out."""
        states = (*self.table.endpoints, *self._parting)
        return {state.uid: state.in_flight for state in states if state.in_flight}

    def _take(self, settings: SetService) -> None:
        """Go by these settings from the next request on."""
        self.settings = settings
        self.send_proxy = settings.send_proxy
        self._proxies = _networks(settings.trusted_proxies)
        self._sources = _networks(settings.source_ranges)
        self.limits = limits = settings.limits
        # Those that every request asks for, once more: compiled code reads its own attributes at once.
        self.endpoint_connections = limits.endpoint_connections
        self.idle_seconds = limits.idle_seconds
        self.pool_idle_seconds = limits.pool_idle_seconds
        self.response_head_bytes = limits.response_head_bytes
        self.response_head_seconds = limits.response_head_seconds
        self.response_stall_seconds = limits.response_stall_seconds
        # The usual policy by its own name, for the same reason.
        self._round_robin = self.policy if isinstance(self.policy, RoundRobin) else None

    def _swap(self, message: SetEndpoints, endpoints: tuple[EndpointState, ...]) -> None:
        """Make the table of what probes and traffic say; who may have no more traffic is told."""
        before = self.table.eligible
        eligible = self._eligible(message, endpoints)
        self.table = Table(message, endpoints, eligible)
        for state in eligible:
            state.eligible = True
        for state in before:
            if state not in eligible:
                state.eligible = False
        for state in before:
            if not state.eligible:
                state.withdraw()
        for state in endpoints:
            if state.deserted:
                # There may be somebody now who can have what nobody could have before.
                state.withdraw()
        self.waiting.resume()

    def _eligible(
        self, message: SetEndpoints, endpoints: tuple[EndpointState, ...]
    ) -> tuple[EndpointState, ...]:
        """Return who may have traffic. Evidence that no probe backs never takes the last one away."""
        chosen = {entry.uid for entry in select(message.endpoints)}
        admitted = tuple(
            state for state in endpoints if state.uid in chosen and not state.outlier.is_refused()
        )
        now = self.sweep.now
        due = [state.outlier.until for state in admitted if state.outlier.is_ejected(now)]
        if due:
            admitted = tuple(state for state in admitted if not state.outlier.is_ejected(now)) or admitted
        window = 0.0 if self.keyed is not None else self.settings.slow_start_seconds
        if warm(admitted, window, now):
            due.append(now + step_seconds(window))
        if due:
            self.deadline = min(due)
            self.sweep.watched.add(self)
        else:
            self.sweep.watched.discard(self)
        return admitted

    def _eject(self, endpoint: EndpointState) -> None:
        limits = self.limits
        table = self.table
        now = self.sweep.now
        ejected = sum(state.outlier.is_ejected(now) for state in table.endpoints)
        if endpoint.eligible and may_eject(ejected, len(table.endpoints), limits.eject_percent):
            endpoint.failing = False
            endpoint.outlier.eject(now, limits.eject_seconds, limits.eject_most_seconds)
            until = self._epoch(endpoint.outlier.until)
            self.report(PassiveReport(self.key, endpoint.uid, "Ejected", until=until))
            self._swap(table.message, table.endpoints)

    def _epoch(self, moment: float) -> float:
        """Return a moment of the sweep's clock as control tells times."""
        return self.sweep.epoch() + moment - self.sweep.now

    def _left(self, endpoint: EndpointState) -> None:
        """Tell when an endpoint that has nothing more to expect has had its last exchange."""
        if endpoint.in_flight:
            return
        if self.on_left is not None:
            self.on_left()
        elif not self.closing:
            self.report(self.applied())


def _refusals(endpoints: tuple[EndpointState, ...]) -> str:
    """Return why there is none where probes say that there is."""
    refused = [state.name for state in endpoints if state.outlier.is_refused()]
    return f"no Ready endpoint: {', '.join(refused[:_NAMED])} refused a connection" if refused else ""


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
