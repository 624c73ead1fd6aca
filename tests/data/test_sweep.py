from __future__ import annotations

from collections.abc import Callable
from typing import Any

from readylb.data.sweep import NEVER, TICK_SECONDS, Sweep


class Loop:
    """A loop that runs its timer when told to, however late."""

    def __init__(self) -> None:
        self.tick: Callable[[], None] = lambda: None

    def call_later(self, seconds: float, tick: Callable[[], None]) -> object:
        assert seconds == TICK_SECONDS
        self.tick = tick
        return object()


class Watched:
    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.expired_at: list[float] = []

    def expired(self, now: float) -> None:
        self.expired_at.append(now)
        self.deadline = NEVER


class World:
    def __init__(self) -> None:
        self.time = 100.0
        self.loop: Any = Loop()
        self.sweep = Sweep(self.loop, clock=lambda: self.time, wall=lambda: 0.0)
        self.sweep.start()

    def watch(self, deadline: float) -> Watched:
        watched = Watched(deadline)
        self.sweep.watched.add(watched)
        return watched

    def tick(self, after: float = TICK_SECONDS) -> None:
        self.time += after
        self.loop.tick()


def test_what_is_over_is_visited_at_the_next_tick_and_nothing_else() -> None:
    world = World()
    over, later = world.watch(100.1), world.watch(100.3)
    world.tick()
    assert (over.expired_at, later.expired_at) == ([100.25], [])
    world.tick()
    assert later.expired_at == [100.5]


def test_the_clock_is_that_of_the_last_tick_and_actions_follow_each() -> None:
    world = World()
    told: list[float] = []
    world.sweep.each_tick.append(told.append)
    world.time += 0.1
    assert world.sweep.now == 100.0
    world.tick(0.15)
    assert (world.sweep.now, told) == (100.25, [100.25])


def test_a_standstill_of_our_own_takes_nothing_from_anybodys_patience() -> None:
    world = World()
    long_over, later = world.watch(100.2), world.watch(101.0)
    world.tick(3.0)  # 2.75 s late
    assert (long_over.expired_at, later.expired_at) == ([103.0], [])
    while not later.expired_at:
        world.tick()
    assert later.expired_at == [103.75]


def test_a_tick_that_is_a_little_late_is_none_too_late() -> None:
    world = World()
    over = world.watch(100.4)
    world.tick(2 * TICK_SECONDS)
    assert over.expired_at == [100.5]


def test_one_that_was_heard_in_time_is_left_alone() -> None:
    world = World()
    watched = world.watch(101.0)
    world.tick(5.0)
    assert watched.deadline == 101.0 + 5.0 - TICK_SECONDS
    watched.deadline = 120.0
    world.tick()
    assert watched.expired_at == []
