"""What a worker's report must offer to become metrics: the reading side of `wire.messages.Stats`.

Telemetry and wire are neighbours that do not know each other, so this is a Protocol. All counts are
since the worker started; sizes in bytes, times in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class EndpointReport(Protocol):
    """Counts for one endpoint."""

    @property
    def uid(self) -> str:
        """The pod's uid."""

    @property
    def name(self) -> str:
        """The pod's name."""

    @property
    def requests(self) -> int:
        """Requests (TCP: connections) given to it."""

    @property
    def failures(self) -> int:
        """Tries at it that failed."""

    @property
    def in_flight(self) -> int:
        """Requests it is working on now."""

    @property
    def latency_buckets(self) -> Sequence[int]:
        """As a Service's, of the exchanges that ended with it."""

    @property
    def latency_sum_seconds(self) -> float:
        """All latencies added up."""

    @property
    def weight(self) -> float:
        """Its weight in the rotation now; 0: it has no traffic."""

    @property
    def answers(self) -> Sequence[int]:
        """Answers it gave, by class of status from 1xx to 5xx; empty before any."""


class ServiceReport(Protocol):
    """Counts for one Service port."""

    @property
    def key(self) -> str:
        """`NAMESPACE/SERVICE:PORT`."""

    @property
    def requests(self) -> int:
        """Exchanges begun."""

    @property
    def statuses(self) -> Mapping[int, int]:
        """Status to responses."""

    @property
    def terminations(self) -> Mapping[str, int]:
        """Reason that an exchange ended, to a count."""

    @property
    def retries(self) -> int:
        """Tries after the first."""

    @property
    def retries_denied(self) -> int:
        """Tries that the retry budget did not allow."""

    @property
    def held(self) -> int:
        """Requests that wait now for an endpoint to become Ready."""

    @property
    def held_total(self) -> int:
        """Requests that have waited for one."""

    @property
    def accept_pauses(self) -> Mapping[str, int]:
        """Reason that no more connections were accepted for a while, to a count."""

    @property
    def connections(self) -> int:
        """Client connections accepted."""

    @property
    def open_connections(self) -> int:
        """Client connections open now."""

    @property
    def bytes_in(self) -> int:
        """Bytes received from clients."""

    @property
    def bytes_out(self) -> int:
        """Bytes sent to clients."""

    @property
    def to_unready(self) -> int:
        """Requests given to an endpoint that was not Ready."""

    @property
    def latency_buckets(self) -> Sequence[int]:
        """Running sums for `LATENCY_BUCKETS_SECONDS` and for everything; empty before any request."""

    @property
    def latency_sum_seconds(self) -> float:
        """All latencies added up."""

    @property
    def endpoints(self) -> Sequence[EndpointReport]:
        """Counts per endpoint."""


class WorkerReport(Protocol):
    """All counts of one worker."""

    @property
    def worker(self) -> int:
        """The worker's number."""

    @property
    def services(self) -> Sequence[ServiceReport]:
        """Counts per Service port."""

    @property
    def access_log_lost(self) -> int:
        """Lines that the access log had no room for."""
