from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.balancing.candidates import Candidate, order, pool

from readylb.core.balancing.ring_hash import RING_POINTS, RingHash

KEYS = [b"key-%d" % number for number in range(2000)]


def placed(policy: RingHash, candidates) -> dict[bytes, Candidate]:
    return {key: policy.pick(candidates, key) for key in KEYS}


def test_equal_keys_go_to_the_same_endpoint_by_every_worker() -> None:
    five = pool(1, 1, 1, 1, 1)
    assert placed(RingHash(), five) == placed(RingHash(), tuple(reversed(five)))


def test_shares_are_even() -> None:
    counted = Counter(placed(RingHash(), pool(1, 1, 1, 1)).values())
    assert all(count == pytest.approx(500, rel=0.25) for count in counted.values())


def test_weights_are_honoured() -> None:
    heavy, *light = pool(3, 1, 1)
    counted = Counter(placed(RingHash(), (heavy, *light)).values())
    assert counted[heavy] == pytest.approx(1200, rel=0.1)


@settings(max_examples=20)
@given(st.integers(2, 12), st.data())
def test_only_the_keys_of_one_that_goes_move_and_they_come_back_with_it(count, data) -> None:
    policy, everybody = RingHash(), pool(*[1] * count)
    before = placed(policy, everybody)
    gone = data.draw(st.sampled_from(everybody))
    without = tuple(candidate for candidate in everybody if candidate is not gone)
    after = placed(policy, without)
    moved = [key for key in KEYS if before[key] is not after[key]]
    assert all(before[key] is gone for key in moved)
    assert len(moved) <= len(KEYS) * 1.5 / count
    assert placed(policy, (*everybody,)) == before


def test_one_to_avoid_sends_its_keys_where_they_would_go_without_it() -> None:
    four = pool(1, 1, 1, 1)
    policy = RingHash()
    without = placed(RingHash(), four[1:])
    assert {key: policy.pick(four, key, [four[0]]) for key in KEYS} == without


def test_without_a_key_it_is_round_robin() -> None:
    assert order(RingHash(), pool(1, 1, 1), 6) == "abcabc"


def test_a_ring_of_a_thousand_is_bounded_and_stays_stable() -> None:
    policy, thousand = RingHash(), pool(*[1] * 1000)
    before = placed(policy, thousand)
    assert len(policy._points) <= RING_POINTS
    after = placed(policy, thousand[1:])
    assert sum(before[key] is not after[key] for key in KEYS) <= 10


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 3)), min_size=1, max_size=8), max_size=6)
)
def test_whatever_came_and_went_the_ring_is_as_one_built_anew(generations) -> None:
    policy = RingHash()
    for generation in generations:
        # Each time other objects: a pod may come back at the address of another.
        candidates = tuple(
            Candidate(b"10.0.0.%d:80" % host, weight) for host, weight in dict(generation).items()
        )
        fresh = RingHash()
        for key in KEYS[:200]:
            assert policy.pick(candidates, key) is fresh.pick(candidates, key)
        assert policy._points == fresh._points


def test_a_ring_that_loses_most_of_its_points_is_as_one_built_anew() -> None:
    policy, many = RingHash(), pool(*[1] * 600)
    placed(policy, many)
    few = many[:20]
    fresh = RingHash()
    assert placed(policy, few) == placed(fresh, few)
    assert placed(policy, many) == placed(RingHash(), many)
