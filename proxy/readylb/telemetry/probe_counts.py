"""What probers counted, in kubelet's metrics: attempts by result, and how long they took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.registry import Collector

from readylb.core.latency import LATENCY_BUCKETS_SECONDS, bucket_of
from readylb.telemetry import metric_table as table
from readylb.telemetry.families import Family, HistogramSample, Sample, histogram, numbers

#: Kubelet's words for probe results; anything else is `unknown`.
_WORDS = {"success": "successful", "warning": "successful", "failure": "failed"}
_FAILED = "failed"


#: One probe of one container: type, container, pod, namespace, the labels of its duration.
_Probe = tuple[str, str, str, str]


@dataclass(slots=True)
class _Count:
    """Attempts by result, and durations by bucket; the last one is for what is above every bound."""

    results: dict[str, int] = field(default_factory=dict)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BUCKETS_SECONDS) + 1))
    seconds: float = 0.0


class ProbeCounts(Collector):
    """Counts by pod, so that a pod's series go with it. Plain numbers: there may be thousands of probes."""

    def __init__(self) -> None:
        """Have counted nothing."""
        self._pods: dict[str, dict[_Probe, _Count]] = {}

    def count(  # noqa: PLR0913, PLR0917 -- one argument per label of kubelet's own metric
        self,
        probe_type: str,
        result: str,
        container: str,
        pod: str,
        namespace: str,
        pod_uid: str,
        seconds: float,
    ) -> None:
        """Count one attempt; `result` is a ProbeResult's value or kubelet's own word for it.

        Failures are counted, their duration is not observed (kubelet `prober/worker.go`).
        """
        word = result if result in _WORDS.values() else _WORDS.get(result, "unknown")
        probes = self._pods.setdefault(pod_uid, {})
        probe = (probe_type, container, pod, namespace)
        found = probes.get(probe)
        if found is None:
            found = probes[probe] = _Count()
        found.results[word] = found.results.get(word, 0) + 1
        if word != _FAILED:
            found.buckets[bucket_of(seconds)] += 1
            found.seconds += seconds

    def forget(self, pod_uid: str) -> None:
        """Drop what was counted for a pod that is gone."""
        self._pods.pop(pod_uid, None)

    def collect(self) -> Iterator[Family]:
        """Yield the two families."""
        yield numbers(table.PROBES, self._results())
        yield from histogram(table.PROBE_DURATION, self._durations())

    def _results(self) -> Iterator[Sample]:
        for uid, probes in self._pods.items():
            for (probe_type, *place), found in probes.items():
                for word, number in found.results.items():
                    yield (probe_type, word, *place, uid), number

    def _durations(self) -> Iterator[HistogramSample]:
        # Those who read it let others go on meanwhile, who may count.
        for probes in tuple(self._pods.values()):
            for probe, found in tuple(probes.items()):
                running = tuple(accumulate(found.buckets))
                if running[-1]:
                    yield probe, running, found.seconds
