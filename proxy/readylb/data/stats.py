"""Plain integers that rise on the hot path, and the messages made of them once a second."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from readylb.core.latency import LATENCY_BUCKETS_SECONDS, bucket_of
from readylb.core.termination import Termination
from readylb.wire.messages import EndpointStats, ServiceStats

# No response has a higher one (RFC 9110 §15).
_STATUSES: Final = 600
_COMPLETED: Final = Termination.COMPLETED.value

if TYPE_CHECKING:
    from readylb.data.pool import EndpointState


class ServiceCounters:
    """Counts of one Service port since the worker started."""

    __slots__ = (
        "accept_pauses",
        "buckets",
        "bytes_in",
        "bytes_out",
        "completed",
        "connections",
        "held",
        "held_total",
        "latency_sum",
        "open_connections",
        "requests",
        "retries",
        "retries_denied",
        "statuses",
        "terminations",
        "to_unready",
    )

    def __init__(self) -> None:
        """Begin at zero."""
        self.requests = 0
        self.retries = 0
        self.retries_denied = 0
        self.held = 0
        self.held_total = 0
        self.accept_pauses: dict[str, int] = {}
        self.connections = 0
        self.open_connections = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.to_unready = 0
        self.latency_sum = 0.0
        # By status. A list, and a count of its own for what nearly all are: both cost less than a dict.
        self.statuses = [0] * _STATUSES
        self.completed = 0
        self.terminations: dict[str, int] = {}
        self.buckets = [0] * (len(LATENCY_BUCKETS_SECONDS) + 1)

    def record(self, status: int, reason: str, seconds: float, endpoint: EndpointState | None = None) -> None:
        """Count an exchange that ended, with `endpoint`. `status` 0: the client got none."""
        self.requests += 1
        self.statuses[status] += 1
        if reason == _COMPLETED:
            self.completed += 1
        else:
            self.terminations[reason] = self.terminations.get(reason, 0) + 1
        self.latency_sum += seconds
        bucket = bucket_of(seconds)
        self.buckets[bucket] += 1
        if endpoint is not None:
            endpoint.buckets[bucket] += 1
            endpoint.latency_sum += seconds

    def pause(self, reason: str) -> None:
        """Count that no more connections are accepted for a while."""
        self.accept_pauses[reason] = self.accept_pauses.get(reason, 0) + 1

    def refuse(self, reason: str) -> None:
        """Count a connection that was closed before anything could be asked on it."""
        self.connections += 1
        self.terminations[reason] = self.terminations.get(reason, 0) + 1

    def snapshot(self, key: str, endpoints: tuple[EndpointStats, ...]) -> ServiceStats:
        """Return the counts as they are now."""
        terminations = dict(self.terminations)
        if self.completed:
            terminations[_COMPLETED] = self.completed
        return ServiceStats(
            key=key,
            requests=self.requests,
            statuses={status: count for status, count in enumerate(self.statuses) if count and status},
            terminations=terminations,
            retries=self.retries,
            retries_denied=self.retries_denied,
            held=self.held,
            held_total=self.held_total,
            accept_pauses=dict(self.accept_pauses),
            connections=self.connections,
            open_connections=self.open_connections,
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            to_unready=self.to_unready,
            latency_buckets=tuple(accumulate(self.buckets)),
            latency_sum_seconds=self.latency_sum,
            endpoints=endpoints,
        )
