"""The registry of the program's metrics, in the words of `metric_table`. Only the control process has one."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from readylb import __version__
from readylb.telemetry import metric_table as table
from readylb.telemetry.families import Family, numbers
from readylb.telemetry.probe_counts import ProbeCounts
from readylb.telemetry.reports import WorkerReport
from readylb.telemetry.state import Sources, State
from readylb.telemetry.traffic import Traffic, labels_of

#: What `expose` returns, as an HTTP Content-Type.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Samples that are turned into text in one go; each takes some 10 µs.
_SAMPLES_OF_A_PART = 400


class Metrics:
    """Counts what happens and exposes it in Prometheus' text format."""

    def __init__(self) -> None:
        """Register every row of the table, and what the process and the interpreter say of themselves."""
        # *_created doubles the series, and no dashboard made for kubelet reads it.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._worker_restarts = Counter(
            table.WORKER_RESTARTS.name, table.WORKER_RESTARTS.help, registry=self._registry
        )
        self._probes = ProbeCounts()
        self._state = State()
        self._traffic = Traffic(self._state.services)
        self._reports = _PassiveReports()
        for collector in (self._probes, self._state, self._traffic, self._reports, _BuildInfo()):
            self._registry.register(collector)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def read_state(self, sources: Sources) -> None:
        """Read endpoints and restarts from these sources at each scrape."""
        self._state.sources = sources

    def probe(  # noqa: PLR0913, PLR0917 -- one argument per label of kubelet's own metric
        self,
        probe_type: str,
        result: str,
        container: str,
        pod: str,
        namespace: str,
        pod_uid: str,
        seconds: float,
    ) -> None:
        """Count one probe; `result` is a ProbeResult's value or kubelet's own word for it."""
        self._probes.count(probe_type, result, container, pod, namespace, pod_uid, seconds)

    def forget_pod(self, uid: str) -> None:
        """Drop every series of a pod that is gone."""
        self._probes.forget(uid)
        self._traffic.forget_endpoint(uid)

    def worker_stats(self, stats: WorkerReport) -> None:
        """Take a worker's counts, which replace those it sent before."""
        self._traffic.update(stats)

    def worker_ended(self, worker: int, *, replaced: bool) -> None:
        """Keep the counts of a worker process that has ended; `replaced`: another one starts."""
        self._traffic.ended(worker)
        if replaced:
            self._worker_restarts.inc()

    def passive_report(self, key: str, reason: str) -> None:
        """Count one PassiveReport for the Service port `key` (`NAMESPACE/SERVICE:PORT`)."""
        self._reports.count(key, reason)

    def forget_service(self, key: str) -> None:
        """Drop every series of a Service port that is gone."""
        self._traffic.forget_service(key)
        self._reports.forget(key)

    def expose(self) -> bytes:
        """Return all metrics in the format that `CONTENT_TYPE` names."""
        return b"".join(self.parts())

    def parts(self) -> Iterator[bytes]:
        """Yield what `expose` returns in parts, so that other work need not wait for the whole.

        With a thousand endpoints it is forty thousand lines, and half a second.
        """
        last = ""
        for family in self._registry.collect():
            for start in range(0, max(len(family.samples), 1), _SAMPLES_OF_A_PART):
                text = generate_latest(_Part(family, family.samples[start : start + _SAMPLES_OF_A_PART]))
                # Two lines of HELP and TYPE begin a family, and only once.
                yield text if family.name != last else text.split(b"\n", 2)[2]
                last = family.name


class _Part(Collector):
    """Some samples of one family."""

    def __init__(self, family: Metric, samples: list[Sample]) -> None:
        self._family = Metric(family.name, family.documentation, family.type)
        self._family.samples = samples

    def collect(self) -> Iterable[Metric]:
        return (self._family,)


class _PassiveReports(Collector):
    """Counts of PassiveReport messages."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def count(self, key: str, reason: str) -> None:
        self._counts[key, reason] = self._counts.get((key, reason), 0) + 1

    def forget(self, key: str) -> None:
        self._counts = {kept: count for kept, count in self._counts.items() if kept[0] != key}

    def collect(self) -> list[Family]:
        samples = [((*labels_of(key), reason), count) for (key, reason), count in self._counts.items()]
        return [numbers(table.PASSIVE_REPORTS, samples)]


class _BuildInfo(Collector):
    """Which program this is."""

    def collect(self) -> list[Family]:
        return [numbers(table.BUILD_INFO, [((__version__, platform.python_version()), 1)])]


__all__ = ["CONTENT_TYPE", "Metrics", "Sources"]
