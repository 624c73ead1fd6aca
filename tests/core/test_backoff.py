from __future__ import annotations

import pytest

from readylb.core.backoff import Backoff


def waits(runs: list[float]) -> list[float]:
    """Return how long each restart waits when the container runs for `runs` seconds each time."""
    backoff, now, found = Backoff(), 1000.0, []
    for seconds in runs:
        finished = now + seconds
        now = backoff.ready_at(finished)
        found.append(now - finished)
        backoff = backoff.advance(finished, now)
    return found


def test_the_first_restart_is_immediate_and_the_others_wait_longer_and_longer() -> None:
    assert waits([1] * 9) == [0, 10, 20, 40, 80, 160, 300, 300, 300]


@pytest.mark.parametrize(("last_run", "wait"), [(600, 40), (600.5, 0)])
def test_a_run_of_more_than_ten_minutes_makes_it_begin_anew(last_run: float, wait: float) -> None:
    assert waits([1, 1, 1, last_run, 1]) == [0, 10, 20, wait, 80 if wait else 10]


def test_ten_minutes_count_from_the_permitted_start_not_from_the_last_exit() -> None:
    # The fourth run lasts 590 s after a wait of 20 s: 610 s between exits, but not of running.
    assert waits([1, 1, 1, 590]) == [0, 10, 20, 40]
