"""One coarse timer for all deadlines of a worker, instead of one timer per request.

Every connection carries the moment at which its patience ends; each tick visits those that are
over. `now` and `date` are as coarse as the tick, and free to read on the hot path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from time import monotonic, time
from typing import Final, Protocol

from readylb.data.flow import Reading, end_reset

# Coarse for timeouts of seconds, fine enough for the connect timeout of one second.
TICK_SECONDS: Final = 0.25
NEVER: Final = float("inf")


class Watched(Protocol):
    """A connection with a deadline on the monotonic clock."""

    deadline: float

    def expired(self, now: float) -> None:
        """Act on a deadline that is over: move it, or end."""


class Sweep:
    """The worker's coarse clock and its watch list."""

    __slots__ = (
        "_clock",
        "_loop",
        "_ticks",
        "_timer",
        "_wall",
        "date",
        "each_tick",
        "now",
        "unread",
        "watched",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], float] = time,
    ) -> None:
        """Stand still until `start`. `wall` is asked only for the Date field."""
        self._loop = loop
        self._clock = clock
        self._wall = wall
        self._timer: asyncio.TimerHandle | None = None
        self._ticks = 0
        self.now = clock()
        self.date = formatdate(wall(), usegmt=True).encode()
        self.watched: set[Watched] = set()
        # Clients that nobody reads from for a while, who would not be heard to reset.
        self.unread: set[Reading] = set()
        self.each_tick: list[Callable[[float], None]] = []

    def epoch(self) -> float:
        """Return the wall clock's time, for what is told to the control side."""
        return self._wall()

    def start(self) -> None:
        """Tick from now on."""
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def advance(self) -> None:
        """Visit everything whose deadline is over."""
        now = self.now = self._clock()
        self.date = formatdate(self._wall(), usegmt=True).encode()
        for connection in [watched for watched in self.watched if watched.deadline <= now]:
            connection.expired(now)
        if self.unread:
            end_reset(self.unread)
        for action in self.each_tick:
            action(now)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)
        # While the loop stood still nobody was heard, and what began right after it was given a deadline
        # from before it: nobody's patience ends for what is only our delay.
        late = self._clock() - self.now - TICK_SECONDS
        if late > TICK_SECONDS:
            for watched in self.watched:
                watched.deadline += late
        self.advance()
