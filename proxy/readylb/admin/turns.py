"""Long answers are made in turns, so that probes and other requests wait for milliseconds only."""

from __future__ import annotations

import asyncio

from readylb.control.clock import Clock

#: How long one answer may keep everybody else waiting at a time.
TURN_SECONDS = 0.005


class Turns:
    """The turns of one answer."""

    def __init__(self, clock: Clock) -> None:
        """Begin the first turn."""
        self._clock = clock
        self._until = clock.now() + TURN_SECONDS

    async def pause(self) -> None:
        """Let everybody else go on, if this turn has been long enough."""
        if self._clock.now() >= self._until:
            await asyncio.sleep(0)
            self._until = self._clock.now() + TURN_SECONDS
