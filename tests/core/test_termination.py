from __future__ import annotations

import pytest

from readylb.core.retry import Failure
from readylb.core.termination import MEANINGS, Termination, of_refusal


def test_every_word_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Termination)


def test_every_failure_that_can_be_the_last_is_a_way_to_end() -> None:
    last = set(Failure) - {Failure.DESERTED}  # which goes on waiting
    assert {failure.value for failure in last} <= {word.value for word in Termination}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "BadRequest"),
        (405, "BadRequest"),
        (408, "HeadTimeout"),
        (413, "BodyTooLarge"),
        (414, "RequestLineTooLong"),
        (431, "HeadTooLarge"),
        (501, "BadRequest"),
    ],
)
def test_a_refusal_is_counted_under_its_limit(status: int, word: str) -> None:
    assert of_refusal(status) == word
