from __future__ import annotations

import itertools
import math

import pytest

from readylb.core.probe_schedule import ProbeSchedule, Spread


def started(first: float = 100.0) -> ProbeSchedule:
    schedule = ProbeSchedule(10)
    schedule.restart(first)
    return schedule


def test_it_is_idle_until_it_is_started() -> None:
    schedule = ProbeSchedule(10)
    assert schedule.next_at == math.inf
    assert not schedule.take(1e12)


def test_it_ticks_at_the_first_moment_and_then_every_period() -> None:
    schedule = started()
    assert not schedule.take(99.999)
    assert schedule.take(100)
    assert not schedule.take(100)
    assert schedule.next_at == 110
    assert schedule.take(110.2)
    assert schedule.next_at == 120


def test_one_tick_is_kept_while_an_attempt_runs_and_the_others_are_lost() -> None:
    schedule = started()
    assert schedule.take(100)
    # The attempt takes 35 s: ticks at 110, 120 and 130 fire meanwhile.
    assert schedule.take(135)
    assert not schedule.take(135)
    assert schedule.next_at == 140


def test_a_trigger_restarts_the_ticker_from_its_moment() -> None:
    schedule = started()
    assert schedule.take(100)
    assert schedule.trigger(103)
    assert schedule.next_at == 113
    assert not schedule.take(110)
    assert schedule.take(113)
    assert schedule.next_at == 123


def test_a_trigger_before_the_first_tick_changes_nothing() -> None:
    schedule = started()
    assert not schedule.trigger(99)
    assert not ProbeSchedule(10).trigger(99)
    assert schedule.next_at == 100


def test_the_next_tick_can_be_brought_forward() -> None:
    schedule = started()
    assert schedule.take(100)
    schedule.advance(104)
    assert schedule.next_at == 104
    assert schedule.take(104)
    assert schedule.next_at == 114
    schedule.advance(120)
    assert schedule.next_at == 114


def test_the_first_tick_cannot_be_brought_forward() -> None:
    schedule = started()
    schedule.advance(99)
    assert schedule.next_at == 100
    idle = ProbeSchedule(10)
    idle.advance(99)
    assert not idle.take(1000)


def test_it_can_be_stopped_and_started_again() -> None:
    schedule = started()
    schedule.stop()
    assert not schedule.take(1000)
    schedule.restart(2000)
    assert schedule.next_at == 2000


def test_no_tick_is_lost_or_doubled_over_a_day_of_awkward_fractions() -> None:
    schedule = ProbeSchedule(3)
    schedule.restart(1_700_000_000.1)
    now, ticks = 1_700_000_000.1, 0
    while now < 1_700_000_000.1 + 86400:
        assert schedule.take(now)
        assert now < schedule.next_at <= now + 3.001
        now, ticks = schedule.next_at, ticks + 1
    assert ticks == 28800


@pytest.mark.parametrize("count", [10, 100, 1000])
@pytest.mark.parametrize("first", [0.0, 0.3, 0.999])
def test_places_of_a_spread_lie_evenly_however_many_there_are(count: int, first: float) -> None:
    spread = Spread(first)
    places = sorted(spread.next() for _ in range(count))
    gaps = [later - sooner for sooner, later in itertools.pairwise([*places, places[0] + 1])]
    assert 0 <= places[0] <= places[-1] < 1
    assert max(gaps) < 2 / count
    assert min(gaps) > 0.3 / count
