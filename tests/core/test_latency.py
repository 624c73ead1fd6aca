from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from readylb.core.latency import LATENCY_BUCKETS_SECONDS, bucket_of
from readylb.wire.messages import Limits


def test_bounds_rise_by_a_factor_that_keeps_percentiles_meaningful() -> None:
    for lower, upper in pairwise(LATENCY_BUCKETS_SECONDS):
        assert 1 < upper / lower <= 3


def test_the_last_bound_is_the_response_head_timeout() -> None:
    assert LATENCY_BUCKETS_SECONDS[-1] == Limits().response_head_seconds


@given(st.floats(0, 100) | st.sampled_from(LATENCY_BUCKETS_SECONDS))
def test_a_time_is_counted_under_the_first_bound_that_is_not_below_it(seconds: float) -> None:
    assert bucket_of(seconds) == bisect_left(LATENCY_BUCKETS_SECONDS, seconds)
