from __future__ import annotations

import pytest

from readylb.core.slow_start import LEAST_SHARE, share, step_seconds


@pytest.mark.parametrize(
    ("age", "expected"),
    [(-3600.0, 0.1), (0.0, 0.1), (0.5, 0.1), (1.0, 0.1), (5.0, 0.5), (9.0, 0.9), (10.0, 1.0), (99.0, 1.0)],
)
def test_the_share_grows_evenly_from_a_tenth_to_the_whole(age: float, expected: float) -> None:
    assert share(age, 10.0) == pytest.approx(expected)


def test_without_a_window_there_is_no_slow_start() -> None:
    assert share(0.0, 0.0) == 1.0


def test_no_share_is_less_than_the_least() -> None:
    assert min(share(age / 10, 3600.0) for age in range(1000)) == LEAST_SHARE


def test_it_is_looked_at_as_often_as_it_moves_and_no_more() -> None:
    assert (step_seconds(1.0), step_seconds(60.0)) == (0.25, 3.0)
