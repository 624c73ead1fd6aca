"""What workers counted, as metrics. Workers send absolute counts; here they are summed.

A worker that starts anew counts from 0 again. Its earlier counts are kept and added, so that no
counter ever falls while this process lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec import structs
from prometheus_client.registry import Collector

from readylb.telemetry import metric_table as table
from readylb.telemetry.families import Family, HistogramSample, Sample, histogram, numbers
from readylb.wire.messages import EndpointStats, ServiceStats, Stats

K = TypeVar("K")
Labels = tuple[str, ...]


def labels_of(key: str) -> Labels:
    """Split `NAMESPACE/SERVICE:PORT` into the three labels."""
    namespace, _, rest = key.partition("/")
    service, _, port = rest.rpartition(":")
    return namespace, service, port


class Traffic(Collector):
    """Keeps the last Stats of each worker, and what replaced workers had counted."""

    def __init__(self, services: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """`services` names the (namespace, name) of Services that show a 0 before any traffic."""
        self._services = services
        self._last: dict[int, dict[str, ServiceStats]] = {}
        self._earlier: dict[str, ServiceStats] = {}

    def update(self, stats: Stats) -> None:
        """Take a worker's counts, which replace those it sent before."""
        new = {item.key: item for item in stats.services}
        for key, old in self._last.get(stats.worker, {}).items():
            if key in new and _restarted(old, new[key]):
                self._earlier[key] = _add(self._earlier.get(key), _ended(old))
        self._last[stats.worker] = new

    def forget_service(self, key: str) -> None:
        """Drop the series of a Service port that is gone."""
        self._earlier.pop(key, None)
        for services in self._last.values():
            services.pop(key, None)

    def forget_endpoint(self, uid: str) -> None:
        """Drop the series of an endpoint that is gone; it may stay in a worker's counts for a while."""
        for kept in (self._earlier, *self._last.values()):
            for key, stats in kept.items():
                left = tuple(item for item in stats.endpoints if item.uid != uid)
                if len(left) != len(stats.endpoints):
                    kept[key] = structs.replace(stats, endpoints=left)

    def collect(self) -> Iterator[Family]:
        """Yield every family that workers count."""
        totals = self._totals()
        ports = [(labels_of(key), stats) for key, stats in totals.items()]
        yield numbers(table.WORKERS, [((), len(self._last))])
        yield numbers(table.REQUESTS, _by_class(ports))
        yield histogram(table.REQUEST_DURATION, _latencies(ports))
        yield numbers(table.REQUESTS_TO_UNREADY, self._to_unready(ports))
        yield numbers(table.RETRIES, [(labels, stats.retries) for labels, stats in ports])
        yield numbers(table.CONNECTIONS, [(labels, stats.open_connections) for labels, stats in ports])
        yield numbers(table.CONNECTIONS_ACCEPTED, [(labels, stats.connections) for labels, stats in ports])
        yield numbers(table.BYTES, _bytes(ports))
        yield numbers(table.TERMINATIONS, _terminations(ports))
        endpoints = [((*labels, item.name), item) for labels, stats in ports for item in stats.endpoints]
        yield numbers(table.ENDPOINT_REQUESTS, [(labels, item.requests) for labels, item in endpoints])
        yield numbers(table.ENDPOINT_FAILURES, [(labels, item.failures) for labels, item in endpoints])
        yield numbers(table.ENDPOINT_IN_FLIGHT, [(labels, item.in_flight) for labels, item in endpoints])

    def _totals(self) -> dict[str, ServiceStats]:
        totals = dict(self._earlier)
        for services in self._last.values():
            for key, stats in services.items():
                totals[key] = _add(totals.get(key), stats)
        return totals

    def _to_unready(self, ports: list[tuple[Labels, ServiceStats]]) -> list[Sample]:
        counts: dict[Labels, int] = dict.fromkeys(self._services(), 0)
        for (namespace, service, _), stats in ports:
            counts[namespace, service] = counts.get((namespace, service), 0) + stats.to_unready
        return list(counts.items())


def _by_class(ports: list[tuple[Labels, ServiceStats]]) -> Iterator[Sample]:
    for labels, stats in ports:
        classes: dict[str, int] = {}
        for status, count in stats.statuses.items():
            name = f"{status // 100}xx"
            classes[name] = classes.get(name, 0) + count
        for name in sorted(classes):
            yield (*labels, name), classes[name]


def _latencies(ports: list[tuple[Labels, ServiceStats]]) -> Iterator[HistogramSample]:
    return ((labels, stats.latency_buckets, stats.latency_sum_seconds) for labels, stats in ports)


def _bytes(ports: list[tuple[Labels, ServiceStats]]) -> Iterator[Sample]:
    for labels, stats in ports:
        yield (*labels, "in"), stats.bytes_in
        yield (*labels, "out"), stats.bytes_out


def _terminations(ports: list[tuple[Labels, ServiceStats]]) -> Iterator[Sample]:
    for labels, stats in ports:
        for reason, count in sorted(stats.terminations.items()):
            yield (*labels, reason), count


def _restarted(old: ServiceStats, new: ServiceStats) -> bool:
    return (new.connections, new.requests) < (old.connections, old.requests)


def _ended(stats: ServiceStats) -> ServiceStats:
    """Return the counts without what was only so at the moment they were sent."""
    endpoints = tuple(structs.replace(item, in_flight=0, connections=0) for item in stats.endpoints)
    return structs.replace(stats, open_connections=0, endpoints=endpoints)


def _add(left: ServiceStats | None, right: ServiceStats) -> ServiceStats:
    if left is None:
        return right
    return ServiceStats(
        key=right.key,
        requests=left.requests + right.requests,
        statuses=_sum(left.statuses, right.statuses),
        terminations=_sum(left.terminations, right.terminations),
        retries=left.retries + right.retries,
        connections=left.connections + right.connections,
        open_connections=left.open_connections + right.open_connections,
        bytes_in=left.bytes_in + right.bytes_in,
        bytes_out=left.bytes_out + right.bytes_out,
        to_unready=left.to_unready + right.to_unready,
        latency_buckets=_add_buckets(left.latency_buckets, right.latency_buckets),
        latency_sum_seconds=left.latency_sum_seconds + right.latency_sum_seconds,
        endpoints=_add_endpoints(left.endpoints, right.endpoints),
    )


def _add_buckets(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    if not left or not right:
        return left or right
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _sum(left: dict[K, int], right: dict[K, int]) -> dict[K, int]:
    return {name: left.get(name, 0) + right.get(name, 0) for name in {**left, **right}}


def _add_endpoints(
    left: tuple[EndpointStats, ...], right: tuple[EndpointStats, ...]
) -> tuple[EndpointStats, ...]:
    found = {item.uid: item for item in left}
    for item in right:
        old = found.get(item.uid)
        found[item.uid] = item if old is None else _add_endpoint(old, item)
    return tuple(found.values())


def _add_endpoint(left: EndpointStats, right: EndpointStats) -> EndpointStats:
    return EndpointStats(
        right.uid,
        right.name,
        left.requests + right.requests,
        left.failures + right.failures,
        left.in_flight + right.in_flight,
        left.connections + right.connections,
    )
