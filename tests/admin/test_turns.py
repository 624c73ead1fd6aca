from __future__ import annotations

import asyncio
import itertools

from readylb.admin.turns import TURN_SECONDS, Turns


class WorkClock:
    """Time goes on by a millisecond whenever somebody looks."""

    moment = 0.0

    def now(self) -> float:
        self.moment += 0.001
        return self.moment


async def test_long_work_lets_others_go_on_every_few_milliseconds() -> None:
    clock = WorkClock()
    seen: list[float] = []

    def other() -> None:
        seen.append(clock.moment)
        asyncio.get_running_loop().call_soon(other)

    asyncio.get_running_loop().call_soon(other)
    turns = Turns(clock)
    for _ in range(1000):
        await turns.pause()
    gaps = [later - sooner for sooner, later in itertools.pairwise(seen)]
    assert len(gaps) > 100
    assert max(gaps) < TURN_SECONDS + 0.003


async def test_short_work_is_done_in_one_go() -> None:
    clock = WorkClock()
    seen: list[float] = []
    asyncio.get_running_loop().call_soon(lambda: seen.append(clock.moment))
    turns = Turns(clock)
    for _ in range(3):
        await turns.pause()
    assert seen == []
