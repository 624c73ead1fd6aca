from __future__ import annotations

from itertools import pairwise

from readylb.core.latency import LATENCY_BUCKETS_SECONDS
from readylb.wire.messages import Limits


def test_bounds_rise_by_a_factor_that_keeps_percentiles_meaningful() -> None:
    for lower, upper in pairwise(LATENCY_BUCKETS_SECONDS):
        assert 1 < upper / lower <= 3


def test_the_last_bound_is_the_response_head_timeout() -> None:
    assert LATENCY_BUCKETS_SECONDS[-1] == Limits().response_head_seconds
