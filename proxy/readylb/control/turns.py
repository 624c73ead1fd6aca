"""Long work is done in turns, so that a probe, a child's end and other requests wait for milliseconds only.

A turn of the loop runs everything that is ready before it looks for what has come. So what counts is how
long a whole turn takes: the work itself, what it has set off in others, and what others do anyway. Each
long work measures that, and does more or less in its next turn.
"""

from __future__ import annotations

import asyncio

from readylb.control.clock import Clock

#: What a turn of the loop may take, whoever has a part in it. The end of a child is to be seen, and the
#: child excluded, within 20 ms, which takes some four turns.
LOOP_SECONDS = 0.006
#: The most that one work takes of it; with less to do than this, it never waits.
TURN_SECONDS = 0.005
#: It begins with so much: what it sets off shows in the turn after.
FIRST_SECONDS = 0.001
#: And never takes less, or it would take for ever where others never leave it anything.
LEAST_SECONDS = 0.0001


class Turns:
    """The turns of one work: a long answer, a batch of changes."""

    def __init__(self, clock: Clock) -> None:
        """Begin the first turn."""
        self._clock = clock
        self._share = FIRST_SECONDS
        self._begun_at = clock.now()

    def begin(self) -> None:
        """Begin anew after having waited for something: that time was no work."""
        self._begun_at = self._clock.now()

    async def pause(self) -> None:
        """Let everybody else go on, if this turn has been long enough."""
        if self._clock.now() - self._begun_at < self._share:
            return
        await asyncio.sleep(0)
        now = self._clock.now()
        crowded = now - self._begun_at > LOOP_SECONDS
        share = self._share / 2 if crowded else self._share * 2
        self._share = min(max(share, LEAST_SECONDS), TURN_SECONDS)
        self._begun_at = now
