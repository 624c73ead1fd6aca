"""Counts of one Service port added up over workers and over a worker's restarts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from readylb.telemetry.reports import EndpointReport, ServiceReport


@dataclass(slots=True)
class EndpointTotals:
    """Counts for one endpoint; `in_flight` and `weight` are now."""

    name: str
    requests: int = 0
    failures: int = 0
    in_flight: int = 0
    latency_buckets: tuple[int, ...] = ()
    latency_sum_seconds: float = 0.0
    answers: tuple[int, ...] = ()
    weight: float = 0.0


@dataclass(slots=True)
class Totals:
    """Counts for one Service port; `open_connections` and `held` are now."""

    statuses: Counter[int] = field(default_factory=Counter)
    terminations: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    retries_denied: int = 0
    held: int = 0
    held_total: int = 0
    accept_pauses: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    open_connections: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    to_unready: int = 0
    latency_buckets: tuple[int, ...] = ()
    latency_sum_seconds: float = 0.0
    endpoints: dict[str, EndpointTotals] = field(default_factory=dict)

    def add(self, report: ServiceReport, *, ended: bool = False) -> None:
        """Add a worker's counts; of one that has `ended`, not what was only so at that moment."""
        self.statuses.update(report.statuses)
        self.terminations.update(report.terminations)
        self.retries += report.retries
        self.retries_denied += report.retries_denied
        self.held += 0 if ended else report.held
        self.held_total += report.held_total
        self.accept_pauses.update(report.accept_pauses)
        self.connections += report.connections
        self.open_connections += 0 if ended else report.open_connections
        self.bytes_in += report.bytes_in
        self.bytes_out += report.bytes_out
        self.to_unready += report.to_unready
        self.latency_buckets = _sum(self.latency_buckets, report.latency_buckets)
        self.latency_sum_seconds += report.latency_sum_seconds
        for endpoint in report.endpoints:
            self._add_endpoint(endpoint, ended=ended)

    def _add_endpoint(self, report: EndpointReport, *, ended: bool) -> None:
        totals = self.endpoints.setdefault(report.uid, EndpointTotals(report.name))
        totals.requests += report.requests
        totals.failures += report.failures
        totals.in_flight += 0 if ended else report.in_flight
        totals.latency_buckets = _sum(totals.latency_buckets, report.latency_buckets)
        totals.latency_sum_seconds += report.latency_sum_seconds
        # Every worker has its own idea of it, and they are not to be added up.
        totals.weight = totals.weight if ended else max(totals.weight, report.weight)
        totals.answers = _sum(totals.answers, report.answers)


def _sum(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    if not left or not right:
        return tuple(left or right)
    return tuple(a + b for a, b in zip(left, right, strict=True))
