"""A day of crash loops, hangs, flapping results and changes of mind: what is promised holds throughout."""

from __future__ import annotations

import asyncio
import itertools
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.properties.day import DEEDS, Day, Step
from tests.properties.runtime import MOODS
from tests.simulation import EPOCH, World, simulate

from readylb.control import clock as clock_module
from readylb.control import store as store_module
from readylb.control.clock import SteadyClock
from readylb.control.store import Change
from readylb.model import Pod
from readylb.model.container import Container

HOUR = 3600.0
DAY = 24 * HOUR
#: `make properties` asks for whole days and new plans each time; otherwise hours of the same plans.
LONG = bool(os.environ.get("READYLB_PROPERTIES_LONG"))
#: In so many parts, for as many CPUs. A day takes some 8 s of one.
PARTS = 4 if LONG else 1

steps = st.builds(
    Step,
    gap=st.sampled_from((0.0, 0.5, 7.0, 31.0, 120.0, 700.0)),
    deed=st.sampled_from(sorted(DEEDS)),
    which=st.integers(0, 99),
)
#: A plan is repeated until the day is over, so it has to take some time.
plans = st.lists(steps, min_size=1, max_size=30).filter(lambda plan: sum(step.gap for step in plan) >= 60)
seeds = st.integers(0, 2**16)


def thorough(examples: int, parts: int = 1) -> settings:
    """Return settings: the same few plans each time without shrinking, or many new ones with it."""
    return settings(
        max_examples=(10 if LONG else 1) * examples // parts,
        deadline=None,
        derandomize=not LONG,
        phases=tuple(Phase) if LONG else (Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


def live(plan: Sequence[Step], seed: int, seconds: float) -> None:
    async def story(day: Day) -> None:
        await day.live(plan, seconds)

    simulate(story, lambda: Day(seed))


@pytest.mark.parametrize("part", range(PARTS))
@thorough(examples=12, parts=PARTS)
@given(plan=plans, seed=seeds)
def test_whatever_happens_in_hours_every_promise_is_kept(part: int, plan: list[Step], seed: int) -> None:
    live(plan, seed, (24 if LONG else 1) * HOUR)


def test_a_day_on_which_everything_happens_keeps_every_promise() -> None:
    deeds = [Step(61.0, deed, number) for number, deed in enumerate(sorted(DEEDS))]
    moods = [Step(1800.0, "mood", number) for number in range(len(MOODS))]
    live([step for mood in moods for step in (mood, *deeds)], 1, DAY)


def test_a_workload_that_is_rolled_out_again_and_again_keeps_few_of_its_versions() -> None:
    live([Step(100.0, "roll out", 0)], 1, HOUR)


def test_a_container_that_crashes_all_day_waits_as_long_as_kubelet_makes_it_wait() -> None:
    """`client-go/util/flowcontrol/backoff.go`: at once, then 10, 20, 40, 80, 160, 300, 300 ... seconds."""

    async def story(world: World) -> None:
        starts: list[float] = []

        def born(container: object) -> None:
            starts.append(world.elapsed)
            name = "loop"
            asyncio.get_running_loop().call_later(2.0, lambda: world.runtime.get(name).end(1))

        world.runtime.on_start = born
        world.add("loop", Container(name="main"))
        await world.until(DAY)
        waits = [round(later - sooner - 2.0) for sooner, later in itertools.pairwise(starts)]
        assert waits == [0, 10, 20, 40, 80, 160, *[300] * (len(waits) - 6)]
        assert len(waits) == 6 + (DAY - 322) // 302
        assert world.status("loop").restart_count == len(waits)

    simulate(story)


def test_a_container_that_ran_for_more_than_ten_minutes_begins_its_back_off_anew() -> None:
    """`kubelet.go`: an entry expires 2 * MaxContainerBackOff after the last permitted start."""

    async def story(world: World) -> None:
        lives = iter((1, 1, 1, 599, 1, 601, 1, 1))
        starts: list[float] = []

        def born(container: object) -> None:
            starts.append(world.elapsed)
            asyncio.get_running_loop().call_later(next(lives, DAY), lambda: world.runtime.get("loop").end(0))

        world.runtime.on_start = born
        world.add("loop", Container(name="main"))
        await world.until(3000)
        gaps = [round(later - sooner) for sooner, later in itertools.pairwise(starts)]
        assert gaps == [1, 1 + 10, 1 + 20, 599 + 40, 1 + 80, 601 + 0, 1 + 10, 1 + 20]

    simulate(story)


@dataclass
class WallClock:
    """Stands in for the module `time`: monotonic time goes on, the wall clock is set again and again."""

    offset: float = 0.0

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def time(self) -> float:
        return EPOCH + self.monotonic() + self.offset


@contextmanager
def repeatable() -> Iterator[WallClock]:
    """Give out the same uids again, and a wall clock to turn."""
    numbers = itertools.count(1)
    wall = WallClock()
    with (
        patch.object(store_module.uuid, "uuid4", lambda: uuid.UUID(int=next(numbers) << 96)),
        patch.object(clock_module, "time", wall),
    ):
        yield wall


def story_of(plan: Sequence[Step], seed: int, jumps: Sequence[float]) -> list[Change]:
    """Return all changes of a day on which the wall clock is turned at every minute, if it is."""
    log: list[Change] = []
    with repeatable() as wall:

        def turn(left: list[float]) -> None:
            if left:
                wall.offset += left.pop()
                asyncio.get_running_loop().call_later(60.0, turn, left)

        async def story(day: Day) -> None:
            turn(list(jumps))
            await day.live(plan, HOUR)
            log.extend(day.promises.log)

        simulate(story, lambda: Day(seed, SteadyClock()))
    return log


@thorough(examples=3)
@given(plan=plans, seed=seeds, jumps=st.lists(st.floats(-1e8, 1e8), min_size=1, max_size=60))
def test_a_wall_clock_that_jumps_changes_nothing(plan: list[Step], seed: int, jumps: list[float]) -> None:
    quiet = story_of(plan, seed, [0.0] * len(jumps))
    assert any(isinstance(change.object, Pod) for change in quiet)
    assert story_of(plan, seed, jumps) == quiet
