"""A few seconds of what `make fuzz` does for minutes, the same cases each time."""

from __future__ import annotations

from random import Random

import pytest
from tests.fuzz.grammar import requests
from tests.fuzz.mutation import damage
from tests.fuzz.reference import read_requests
from tests.fuzz.run import fuzz

SECONDS = 5.0
#: Fewer would mean that the machine stood still; an idle one plays 400 a second.
LEAST_CASES = 100


@pytest.mark.parametrize("first", [0, 1_000_000])
async def test_nothing_ambiguous_is_forwarded_and_nothing_valid_is_refused(first: int) -> None:
    played, wrong = await fuzz(first, SECONDS / 2)
    assert wrong == []
    assert played >= LEAST_CASES


def test_the_grammar_is_valid_and_damage_is_often_but_not_always_fatal() -> None:
    whole = [requests(Random(seed)) for seed in range(300)]
    damaged = [damage(Random(seed), data) for seed, data in enumerate(whole)]

    assert [read_requests(data).wrong for data in whole if read_requests(data).wrong] == []
    assert not any(read_requests(data).unfinished for data in whole)
    assert 60 < sum(bool(read_requests(data).wrong) for data in damaged) < 240
