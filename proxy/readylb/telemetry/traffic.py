"""What workers counted, as metrics. Workers send absolute counts; here they are summed.

A worker that starts anew counts from 0 again. Its earlier counts are kept and added, so that no
counter ever falls while this process lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy

from prometheus_client.registry import Collector

from readylb.telemetry import metric_table as table
from readylb.telemetry.families import Family, HistogramSample, Sample, histogram, numbers
from readylb.telemetry.reports import ServiceReport, WorkerReport
from readylb.telemetry.totals import EndpointTotals, Totals

Labels = tuple[str, ...]
_Ports = list[tuple[Labels, Totals]]


def labels_of(key: str) -> Labels:
    """Split `NAMESPACE/SERVICE:PORT` into the three labels."""
    namespace, _, rest = key.partition("/")
    service, _, port = rest.rpartition(":")
    return namespace, service, port


class Traffic(Collector):
    """Keeps the last report of each worker, and what replaced workers had counted."""

    def __init__(self, services: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """`services` names the (namespace, name) of Services that show a 0 before any traffic."""
        self._services = services
        self._last: dict[int, dict[str, ServiceReport]] = {}
        self._earlier: dict[str, Totals] = {}
        self._gone: set[str] = set()
        self._lost: dict[int, int] = {}
        self._lost_earlier = 0

    def update(self, report: WorkerReport) -> None:
        """Take a worker's counts, which replace those it sent before."""
        new = {item.key: item for item in report.services}
        for key, old in self._last.get(report.worker, {}).items():
            if key in new and _restarted(old, new[key]):
                self._earlier.setdefault(key, Totals()).add(old, ended=True)
        self._last[report.worker] = new
        if report.access_log_lost < self._lost.get(report.worker, 0):
            self._lost_earlier += self._lost[report.worker]
        self._lost[report.worker] = report.access_log_lost
        self._gone &= {endpoint.uid for item in self._reports() for endpoint in item.endpoints}

    def ended(self, worker: int) -> None:
        """Keep what a worker that has ended had counted; nothing of it is open or running any more."""
        self._lost_earlier += self._lost.pop(worker, 0)
        for key, report in self._last.pop(worker, {}).items():
            totals = self._earlier.setdefault(key, Totals())
            totals.add(report, ended=True)
            for uid in self._gone:
                totals.endpoints.pop(uid, None)

    def forget_service(self, key: str) -> None:
        """Drop the series of a Service port that is gone."""
        self._earlier.pop(key, None)
        for services in self._last.values():
            services.pop(key, None)

    def forget_endpoint(self, uid: str) -> None:
        """Drop the series of an endpoint that is gone, though workers may count it for a while."""
        self._gone.add(uid)
        for totals in self._earlier.values():
            totals.endpoints.pop(uid, None)

    def collect(self) -> Iterator[Family]:
        """Yield every family that workers count."""
        ports = [(labels_of(key), totals) for key, totals in self._totals().items()]
        yield numbers(table.WORKERS, [((), len(self._last))])
        yield numbers(table.REQUESTS, _by_class(ports))
        yield from histogram(table.REQUEST_DURATION, _latencies(ports))
        yield numbers(table.REQUESTS_TO_UNREADY, self._to_unready(ports))
        yield numbers(table.RETRIES, [(labels, item.retries) for labels, item in ports])
        yield numbers(table.RETRIES_DENIED, [(labels, item.retries_denied) for labels, item in ports])
        yield numbers(table.HELD, [(labels, item.held) for labels, item in ports])
        yield numbers(table.HELD_TOTAL, [(labels, item.held_total) for labels, item in ports])
        yield numbers(table.ACCEPT_PAUSES, _by_reason(ports, lambda totals: totals.accept_pauses))
        yield numbers(table.CONNECTIONS, [(labels, item.open_connections) for labels, item in ports])
        yield numbers(table.CONNECTIONS_ACCEPTED, [(labels, item.connections) for labels, item in ports])
        yield numbers(table.BYTES, _bytes(ports))
        yield numbers(table.TERMINATIONS, _by_reason(ports, lambda totals: totals.terminations))
        endpoints = [
            ((*labels, endpoint.name), endpoint)
            for labels, totals in ports
            for uid, endpoint in totals.endpoints.items()
            if uid not in self._gone
        ]
        yield numbers(table.ENDPOINT_REQUESTS, [(labels, item.requests) for labels, item in endpoints])
        yield numbers(table.ENDPOINT_RESPONSES, _answers(endpoints))
        yield numbers(table.ENDPOINT_FAILURES, [(labels, item.failures) for labels, item in endpoints])
        yield from histogram(
            table.ENDPOINT_DURATION,
            ((labels, item.latency_buckets, item.latency_sum_seconds) for labels, item in endpoints),
        )
        yield numbers(table.ACCESS_LOG_LOST, [((), self._lost_earlier + sum(self._lost.values()))])
        yield numbers(table.ENDPOINT_WEIGHT, [(labels, item.weight) for labels, item in endpoints])
        yield numbers(table.ENDPOINT_IN_FLIGHT, [(labels, item.in_flight) for labels, item in endpoints])

    def _reports(self) -> Iterator[ServiceReport]:
        return (item for services in self._last.values() for item in services.values())

    def _totals(self) -> dict[str, Totals]:
        totals = deepcopy(self._earlier)
        for report in self._reports():
            totals.setdefault(report.key, Totals()).add(report)
        return totals

    def _to_unready(self, ports: _Ports) -> Iterator[Sample]:
        counts: dict[Labels, int] = dict.fromkeys(self._services(), 0)
        for (namespace, service, _), totals in ports:
            counts[namespace, service] = counts.get((namespace, service), 0) + totals.to_unready
        yield from counts.items()


def _restarted(old: ServiceReport, new: ServiceReport) -> bool:
    return (new.connections, new.requests) < (old.connections, old.requests)


def _by_class(ports: _Ports) -> Iterator[Sample]:
    for labels, totals in ports:
        classes: dict[str, int] = {}
        for status, count in sorted(totals.statuses.items()):
            name = f"{status // 100}xx"
            classes[name] = classes.get(name, 0) + count
        for name, count in classes.items():
            yield (*labels, name), count


def _answers(endpoints: Iterable[tuple[Labels, EndpointTotals]]) -> Iterator[Sample]:
    for labels, totals in endpoints:
        for digit, count in enumerate(totals.answers, 1):
            if count:
                yield (*labels, f"{digit}xx"), count


def _latencies(ports: _Ports) -> Iterator[HistogramSample]:
    return ((labels, totals.latency_buckets, totals.latency_sum_seconds) for labels, totals in ports)


def _bytes(ports: _Ports) -> Iterator[Sample]:
    for labels, totals in ports:
        yield (*labels, "in"), totals.bytes_in
        yield (*labels, "out"), totals.bytes_out


def _by_reason(ports: _Ports, counts: Callable[[Totals], Mapping[str, int]]) -> Iterator[Sample]:
    for labels, totals in ports:
        for reason, count in sorted(counts(totals).items()):
            yield (*labels, reason), count
