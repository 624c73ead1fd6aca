from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from tests.core.balancing.candidates import order, pool

from readylb.core.balancing.least_request import SMALL_POOL, LeastRequest


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=SMALL_POOL))
def test_nobody_has_less_to_do_than_the_one_picked(loads) -> None:
    candidates = pool(*(weight for weight, _ in loads))
    for candidate, (_, in_flight) in zip(candidates, loads, strict=True):
        candidate.in_flight = in_flight
    picked = LeastRequest(random.Random(1)).pick(candidates)
    least = min((candidate.in_flight + 1) / candidate.weight for candidate in candidates)
    assert (picked.in_flight + 1) / picked.weight == least


def test_idle_equals_take_turns() -> None:
    assert order(LeastRequest(random.Random(1)), pool(1, 1, 1), 6) == "abcabc"


def test_equally_busy_ones_take_turns() -> None:
    three = pool(1, 1, 1)
    for candidate in three:
        candidate.in_flight = 4
    assert order(LeastRequest(random.Random(1)), three, 6) == "abcabc"


def test_requests_that_stay_settle_by_weight() -> None:
    policy = LeastRequest(random.Random(1))
    three = pool(4, 2, 1)
    for _ in range(70):
        policy.pick(three).in_flight += 1
    assert [candidate.in_flight for candidate in three] == [40, 20, 10]


def test_a_slow_one_gets_little() -> None:
    policy = LeastRequest(random.Random(1))
    two = pool(1, 1)
    two[0].in_flight = 3
    assert order(policy, two, 10) == "bbbbbbbbbb"


def test_of_many_a_busy_one_is_hardly_ever_picked() -> None:
    policy = LeastRequest(random.Random(1))
    many = pool(*[1] * (SMALL_POOL * 4))
    for candidate in many[::2]:
        candidate.in_flight = 50
    picks = [policy.pick(many).in_flight for _ in range(1000)]
    assert picks.count(50) < 20


def test_of_many_all_but_one_may_be_avoided() -> None:
    many = pool(*[1] * (SMALL_POOL * 4))
    assert LeastRequest(random.Random(1)).pick(many, b"", set(many) - {many[70]}) is many[70]
