from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.balancing.candidates import Candidate

from readylb.core.balancing.table import POLICIES, check, load
from readylb.errors import ConfigError


@pytest.mark.parametrize("name", POLICIES)
@given(data=st.data())
def test_a_pick_is_one_of_the_candidates_and_none_of_those_to_avoid(name, data) -> None:
    policy = load(name, random.Random(1))
    everybody = [
        Candidate(b"10.0.0.%d:80" % index, weight)
        for index, weight in enumerate(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=40)))
    ]
    for _ in range(6):
        candidates = tuple(data.draw(st.lists(st.sampled_from(everybody), min_size=1, unique_by=id)))
        left = data.draw(st.sampled_from(candidates))
        avoid = [candidate for candidate in candidates if candidate is not left and data.draw(st.booleans())]
        for key in (b"", b"key", data.draw(st.binary(max_size=4))):
            picked = policy.pick(candidates, key, avoid)
            assert picked in candidates
            assert picked not in avoid
            picked.in_flight += data.draw(st.integers(0, 2))


@pytest.mark.parametrize("name", POLICIES)
def test_one_candidate_is_always_picked(name) -> None:
    only = (Candidate(b"a", 3),)
    policy = load(name, random.Random(1))
    assert {policy.pick(only, key) for key in (b"", b"x", b"y")} == set(only)


def test_each_service_gets_a_policy_of_its_own() -> None:
    assert load("round_robin", random.Random(1)) is not load("round_robin", random.Random(1))


def test_an_unknown_policy_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'fastest'.*least_request, random_two, ring_hash, round_robin"):
        check("fastest")
