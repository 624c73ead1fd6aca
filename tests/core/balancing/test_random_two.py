from __future__ import annotations

import random

import pytest
from tests.core.balancing.candidates import pool, shares

from readylb.core.balancing.random_two import RandomTwo


def test_idle_equals_get_equal_shares() -> None:
    assert shares(RandomTwo(random.Random(1)), pool(1, 1, 1, 1), 8000) == [
        pytest.approx(2000, rel=0.1) for _ in range(4)
    ]


def test_requests_that_stay_settle_by_weight() -> None:
    policy = RandomTwo(random.Random(1))
    three = pool(4, 2, 1)
    for _ in range(700):
        policy.pick(three).in_flight += 1
    assert [candidate.in_flight for candidate in three] == [pytest.approx(w, abs=12) for w in (400, 200, 100)]


def test_the_busier_of_two_is_not_picked() -> None:
    policy = RandomTwo(random.Random(1))
    two = pool(1, 1)
    two[0].in_flight = 1
    assert shares(policy, two, 100) == [0, 100]


def test_the_most_loaded_of_many_stays_close_to_the_mean() -> None:
    policy = RandomTwo(random.Random(1))
    many = pool(*[1] * 100)
    for _ in range(10_000):
        policy.pick(many).in_flight += 1
    assert max(candidate.in_flight for candidate in many) <= 106


def test_equal_seeds_draw_equally() -> None:
    three = pool(1, 2, 3)
    one, other = RandomTwo(random.Random(5)), RandomTwo(random.Random(5))
    assert [one.pick(three) for _ in range(50)] == [other.pick(three) for _ in range(50)]


def test_weights_need_not_be_whole() -> None:
    policy = RandomTwo(random.Random(1))
    three = pool(1, 1, 0.1)
    for _ in range(2100):
        policy.pick(three).in_flight += 1
    assert [candidate.in_flight for candidate in three] == [
        pytest.approx(w, abs=12) for w in (1000, 1000, 100)
    ]


@pytest.mark.parametrize("weights", [(4, 1), (1, 1, 0.1)])
def test_idle_ones_get_their_shares_by_weight(weights: tuple[float, ...]) -> None:
    got = shares(RandomTwo(random.Random(1)), pool(*weights), 8000)
    assert got == [pytest.approx(8000 * weight / sum(weights), rel=0.15) for weight in weights]
