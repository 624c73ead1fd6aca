from __future__ import annotations

import asyncio
from unittest.mock import patch

from tests.simulation import EPOCH, World, simulate

from readylb.control.alarm import Alarm


def test_it_wakes_at_its_moment() -> None:
    async def story(world: World) -> None:
        assert not await Alarm(world.clock).wait(EPOCH + 7)
        assert world.elapsed == 7

    simulate(story)


def test_a_moment_in_the_past_is_no_wait() -> None:
    async def story(world: World) -> None:
        assert not await Alarm(world.clock).wait(EPOCH - 1)
        assert world.elapsed == 0

    simulate(story)


def test_a_ring_ends_the_wait() -> None:
    async def story(world: World) -> None:
        alarm = Alarm(world.clock)
        asyncio.get_running_loop().call_later(3, alarm.ring)
        assert await alarm.wait()
        assert world.elapsed == 3

    simulate(story)


def test_a_ring_that_nobody_heard_is_kept_once() -> None:
    async def story(world: World) -> None:
        alarm = Alarm(world.clock)
        alarm.ring()
        alarm.ring()
        assert await alarm.wait(EPOCH + 5)
        assert not await alarm.wait(EPOCH + 5)
        assert world.elapsed == 5

    simulate(story)


def test_a_wait_of_years_is_made_of_shorter_ones() -> None:
    async def story(world: World) -> None:
        assert not await Alarm(world.clock).wait(EPOCH + 1e8)
        assert abs(world.elapsed - 1e8) < 1e-3

    simulate(story)


def test_a_timer_that_fires_early_is_not_set_again_and_again() -> None:
    async def story(world: World) -> None:
        loop = asyncio.get_running_loop()
        later, delays = loop.call_later, []

        def early(delay, *rest):  # uvloop's: whole milliseconds, from a moment that has passed
            delays.append(delay)
            return later(max(0.0, round(delay, 3) - 0.0009), *rest)

        with patch.object(loop, "call_later", side_effect=early):
            await Alarm(world.clock).wait(EPOCH + 7)
        assert 7 <= world.elapsed < 7.003
        assert delays == [7, 0.002]

    simulate(story)


def test_who_waits_only_to_be_rung_sets_no_timer() -> None:
    async def story(world: World) -> None:
        loop = asyncio.get_running_loop()
        alarm = Alarm(world.clock)
        loop.call_later(3, alarm.ring)
        with patch.object(loop, "call_later", side_effect=AssertionError("a timer")):
            assert await alarm.wait()

    simulate(story)
