from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.core.balancing.candidates import order, pool, shares

from readylb.core.balancing.round_robin import RoundRobin


def test_equals_are_walked_around() -> None:
    assert order(RoundRobin(), pool(1, 1, 1), 7) == "abcabca"
    assert order(RoundRobin(), pool(7, 7), 4) == "abab"


def test_heavy_ones_get_no_bursts() -> None:
    assert order(RoundRobin(), pool(5, 1, 1), 14) == "aaabcaaaaabcaa"
    assert order(RoundRobin(), pool(2, 1), 6) == "abaaba"


@given(st.lists(st.integers(1, 20), min_size=2, max_size=8))
def test_weights_are_honoured_exactly_over_a_whole_round(weights) -> None:
    assert shares(RoundRobin(), pool(*weights), 3 * sum(weights)) == [3 * weight for weight in weights]


@given(st.lists(st.integers(1, 20), min_size=2, max_size=8), st.integers(1, 200))
def test_nobody_is_ever_far_from_its_share(weights, picks) -> None:
    found = shares(RoundRobin(), pool(*weights), picks)
    for weight, count in zip(weights, found, strict=True):
        assert abs(count - picks * weight / sum(weights)) < len(weights)


def test_a_change_of_number_keeps_the_walk() -> None:
    policy = RoundRobin()
    three = pool(1, 1, 1)
    assert policy.pick(three) is three[0]
    two = three[:2]
    assert [policy.pick(two), policy.pick(two), policy.pick(two)] == [two[1], two[0], two[1]]


def test_a_smaller_set_is_walked_from_its_beginning() -> None:
    policy, three = RoundRobin(), pool(1, 1, 1)
    order(policy, three, 2)
    assert order(policy, three[:2], 3) == "aba"


def test_one_that_comes_gets_its_share_and_no_more() -> None:
    policy = RoundRobin()
    three = pool(3, 2, 2)
    shares(policy, three[:2], 1000)
    assert shares(policy, three, 70) == [30, 20, 20]


def test_one_that_gets_heavier_does_not_wait_for_its_old_turn() -> None:
    policy = RoundRobin()
    two = pool(100, 1)
    shares(policy, two, 60)
    two[1].weight = 100
    assert shares(policy, two[:1] + two[1:], 20) == [10, 10]


def test_a_second_try_takes_nobodys_turn() -> None:
    policy = RoundRobin()
    two = pool(2, 1)
    assert shares(policy, two, 6, avoid=[two[0]]) == [0, 6]
    assert order(policy, two, 3) == "aba"
    three = pool(1, 1, 1)
    assert policy.pick(three) is three[0]
    assert policy.pick(three, b"", [three[0]]) is three[1]
    assert policy.pick(three) is three[1]


def test_the_share_of_a_dead_one_is_shared_by_the_others() -> None:
    policy = RoundRobin()
    three = pool(1, 1, 1)
    got = dict.fromkeys(three, 0)
    for _ in range(60):
        candidate = policy.pick(three)
        if candidate is three[1]:
            candidate = policy.pick(three, b"", [candidate])
        got[candidate] += 1
    assert list(got.values()) == [30, 0, 30]
