"""How a loop waits: until a moment of the clock, or until somebody rings.

This is the one way in which probers and pods sleep. It takes the moment from the clock and the
waiting from the event loop's own timers, so tests run it on an event loop whose time is simulated.
"""

from __future__ import annotations

import asyncio
import math

from readylb.control.clock import Clock

#: Timers are set again at least this often; loops do not take very long ones.
LONGEST_WAIT_SECONDS = 86400.0
#: Nor shorter than this: uvloop's count whole milliseconds from a moment that it read before, so they fire
#: up to one early, and what is then left would be rounded to nothing, again and again until it is over.
SHORTEST_WAIT_SECONDS = 0.002


class Alarm:
    """An alarm clock for one sleeper. A ring while nobody sleeps is kept."""

    __slots__ = ("_clock", "_rung", "_sleeper")

    def __init__(self, clock: Clock) -> None:
        """Be silent."""
        self._clock = clock
        self._rung = False
        self._sleeper: asyncio.Future[None] | None = None

    def ring(self) -> None:
        """Wake the sleeper, or let the next `wait` return at once."""
        self._rung = True
        if self._sleeper is not None:
            _wake(self._sleeper)

    async def wait(self, until: float = math.inf) -> bool:
        """Sleep until `until` (epoch seconds); return True if it was a ring that ended it."""
        while not self._rung and (left := until - self._clock.now()) > 0:
            await self._sleep(left if math.isinf(left) else _bounded(left))
        rung, self._rung = self._rung, False
        return rung

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._sleeper = loop.create_future()
        # Most sleepers wait to be rung: a timer that is never to fire would only take memory.
        timer = None if math.isinf(seconds) else loop.call_later(seconds, _wake, self._sleeper)
        try:
            await self._sleeper
        finally:
            if timer is not None:
                timer.cancel()
            self._sleeper = None


def _bounded(seconds: float) -> float:
    return max(SHORTEST_WAIT_SECONDS, min(seconds, LONGEST_WAIT_SECONDS))


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
