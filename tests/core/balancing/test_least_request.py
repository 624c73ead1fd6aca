from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.balancing.candidates import Candidate, order, pool, shares

from readylb.core.balancing.least_request import SMALL_POOL, LeastRequest


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=SMALL_POOL))
def test_the_one_picked_is_at_most_one_request_busier_than_any_other(loads) -> None:
    candidates = pool(*(weight for weight, _ in loads))
    policy = LeastRequest(random.Random(1))
    for _ in range(20):
        for candidate, (_, in_flight) in zip(candidates, loads, strict=True):
            candidate.in_flight = in_flight
        picked = policy.pick(candidates)
        least = min((candidate.in_flight + 1) / candidate.weight for candidate in candidates)
        assert picked.in_flight / picked.weight <= least


@given(st.lists(st.integers(0, 9), min_size=1, max_size=SMALL_POOL))
def test_nobody_of_equal_weight_has_less_to_do_than_the_one_picked(loads) -> None:
    candidates = pool(*[1] * len(loads))
    for candidate, in_flight in zip(candidates, loads, strict=True):
        candidate.in_flight = in_flight
    assert LeastRequest(random.Random(1)).pick(candidates).in_flight == min(loads)


@pytest.mark.parametrize("weights", [(4, 1), (5, 1, 1), (1, 1, 0.1), (1,) * SMALL_POOL + (0.1,) * SMALL_POOL])
def test_idle_ones_get_their_shares_by_weight(weights: tuple[float, ...]) -> None:
    picks = round(1000 * sum(weights))
    got = shares(LeastRequest(random.Random(1)), pool(*weights), picks)
    assert got == [pytest.approx(1000 * weight, rel=0.1, abs=10) for weight in weights]


@pytest.mark.parametrize("concurrency", [2, 3, 8])
def test_who_warms_up_gets_little_and_not_nothing(concurrency: int) -> None:
    """Neither whatever finds the others busy, nor only what finds them ten times busier."""
    rng = random.Random(1)
    policy = LeastRequest(rng)
    three = pool(1, 1, 0.1)
    running: list[Candidate] = []
    got = 0
    for _ in range(2000):
        if len(running) == concurrency:
            running.pop(rng.randrange(concurrency)).in_flight -= 1
        picked = policy.pick(three)
        picked.in_flight += 1
        running.append(picked)
        got += picked is three[2]
    assert 80 < got < 200, "95 are its share"


def test_who_has_grown_is_not_left_waiting_for_a_turn_of_its_old_weight() -> None:
    policy = LeastRequest(random.Random(1))
    three = pool(1, 1, 0.1)
    while policy.pick(three) is not three[2]:
        pass
    three[2].weight = 0.9
    assert "c" in order(policy, (*three,), 4)


def test_turns_that_went_by_are_not_made_up_for() -> None:
    policy = LeastRequest(random.Random(1))
    two = pool(2, 1)
    two[1].in_flight = 50
    assert order(policy, two, 20) == "a" * 20
    two[1].in_flight = 0
    assert order(policy, two, 6).count("b") <= 3


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
