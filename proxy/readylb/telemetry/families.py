"""Rows of the metric table as prometheus-client's families, for collectors that compute at scrape time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from readylb.core.latency import LATENCY_BUCKETS_SECONDS
from readylb.telemetry.metric_table import Metric, MetricType

#: One series: label values and the number.
Sample = tuple[Sequence[str], float]
#: One histogram series: label values, cumulative counts (the last is the total) and the sum.
HistogramSample = tuple[Sequence[str], Sequence[int], float]
Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

#: Series of one part of a histogram; each has a line per bucket.
_SERIES_OF_A_PART = 20


def numbers(metric: Metric, samples: Iterable[Sample]) -> Family:
    """Return a counter's or gauge's family with its series."""
    cls = CounterMetricFamily if metric.type is MetricType.COUNTER else GaugeMetricFamily
    family = cls(metric.name, metric.help, labels=metric.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def histogram(metric: Metric, samples: Iterable[HistogramSample]) -> Iterator[Family]:
    """Yield a histogram's family in parts, so that nobody has to wait for a long one to be made.

    Series with another number of buckets than ours are left out.
    """
    bounds = [repr(bound) for bound in LATENCY_BUCKETS_SECONDS] + ["+Inf"]
    whole = (sample for sample in samples if len(sample[1]) == len(bounds))
    part = list(islice(whole, _SERIES_OF_A_PART))
    while True:
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, counts, total_seconds in part:
            family.add_metric(labels, list(zip(bounds, counts, strict=True)), total_seconds)
        yield family
        part = list(islice(whole, _SERIES_OF_A_PART))
        if not part:
            return
