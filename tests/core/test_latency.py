from __future__ import annotations

from readylb.core.latency import LATENCY_BUCKETS_SECONDS, bucket_of, cumulative


def test_a_latency_on_a_bound_belongs_to_that_bound() -> None:
    assert [bucket_of(bound) for bound in LATENCY_BUCKETS_SECONDS] == list(range(16))


def test_a_latency_above_every_bound_has_a_count_of_its_own() -> None:
    assert bucket_of(61.0) == len(LATENCY_BUCKETS_SECONDS)


def test_the_last_running_sum_is_the_total() -> None:
    assert cumulative([1, 0, 2, 3]) == (1, 1, 3, 6)
