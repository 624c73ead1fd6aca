from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

from readylb.control.turns import LOOP_SECONDS, TURN_SECONDS, Turns


class WorkClock:
    """Time goes on by a millisecond whenever somebody looks."""

    moment = 0.0

    def now(self) -> float:
        self.moment += 0.001
        return self.moment


class HandClock:
    """Time goes on where a test says so."""

    moment = 0.0

    def now(self) -> float:
        return self.moment


def each_turn(what: Callable[[], None]) -> None:
    def turn() -> None:
        what()
        asyncio.get_running_loop().call_soon(turn)

    asyncio.get_running_loop().call_soon(turn)


async def test_long_work_lets_others_go_on_every_few_milliseconds() -> None:
    clock = WorkClock()
    seen: list[float] = []
    each_turn(lambda: seen.append(clock.moment))
    turns = Turns(clock)
    for _ in range(1000):
        await turns.pause()
    gaps = [later - sooner for sooner, later in itertools.pairwise(seen)]
    assert len(gaps) > 100
    assert max(gaps) < TURN_SECONDS + 0.003


async def test_short_work_is_done_in_one_go() -> None:
    clock = HandClock()
    seen: list[float] = []
    each_turn(lambda: seen.append(clock.moment))
    turns = Turns(clock)
    for _ in range(9):
        clock.moment += 0.0001
        await turns.pause()
    assert seen == []


async def test_work_that_sets_off_more_work_takes_less_of_the_next_turns() -> None:
    """Each piece of 0.1 ms makes others work for 1 ms in the turn after: a turn has room for a few."""
    clock, longest, begun = HandClock(), 0.0, 0

    def others() -> None:
        nonlocal longest, begun
        longest = max(longest, begun * 0.0011)
        clock.moment += begun * 0.001
        begun = 0

    each_turn(others)
    turns = Turns(clock)
    for _ in range(1000):
        clock.moment += 0.0001
        begun += 1
        await turns.pause()
    assert longest < 2 * LOOP_SECONDS


async def test_in_a_crowd_one_piece_a_turn_is_done_all_the_same() -> None:
    clock, turned = HandClock(), 0

    def others() -> None:
        nonlocal turned
        turned += 1
        clock.moment += 0.05

    each_turn(others)
    turns = Turns(clock)
    for _ in range(100):
        clock.moment += 0.001
        await turns.pause()
    assert turned == 100


async def test_time_spent_waiting_is_no_work() -> None:
    clock = HandClock()
    seen: list[float] = []
    each_turn(lambda: seen.append(clock.moment))
    turns = Turns(clock)
    clock.moment += 60
    turns.begin()
    await turns.pause()
    assert seen == []
