"""Latency histograms: the bounds that workers count by and that metrics show.

A histogram is `len(LATENCY_BUCKETS_SECONDS) + 1` plain integers: `counts[i]` holds the latencies up
to bound `i` and above the bound before it, the last one those above every bound. What a message or
an exposition carries is the running sum of them (`cumulative`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

#: Upper bounds in seconds, inclusive. From a loopback answer (0.5 ms) to the response head timeout
#: (60 s), each about twice the one before, so a percentile is off by at most its half.
LATENCY_BUCKETS_SECONDS: tuple[float, ...] = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
)


def bucket_of(seconds: float) -> int:
    """Return the index of the count that a latency belongs to."""
    return bisect_left(LATENCY_BUCKETS_SECONDS, seconds)


def cumulative(counts: Iterable[int]) -> tuple[int, ...]:
    """Return running sums: how many latencies lie at or below each bound; the last is the total."""
    return tuple(accumulate(counts))
