"""When the next attempt is due: kubelet's ticker, made of arithmetic.

A ticker fires every `periodSeconds`. A tick that fires while an attempt is running is kept, but only
one; a manual trigger restarts the ticker from its moment (worker.go, and Go's time.Ticker). Kubelet's
ticker has an arbitrary phase relative to the container; ours is anchored at the first moment at
which the container may be probed, which is the earliest that kubelet could have hit.
"""

from __future__ import annotations

import math

#: The fractional part of the golden ratio: its multiples leave the most even gaps (three-distance theorem).
_GOLDEN = (math.sqrt(5) - 1) / 2


class Spread:
    """Places within an interval, as fractions of it, that lie evenly however many are taken.

    Random ones would leave gaps and crowds, and a crowd of probes comes again every period.
    """

    __slots__ = ("_at",)

    def __init__(self, first: float) -> None:
        """Begin at `first`, from 0 up to 1."""
        self._at = first

    def next(self) -> float:
        """Return the next place, from 0 up to 1."""
        found = self._at
        self._at = (found + _GOLDEN) % 1.0
        return found


class ProbeSchedule:
    """One ticker. All times are epoch seconds."""

    __slots__ = ("_anchor", "_next", "_period")

    def __init__(self, period_seconds: float) -> None:
        """Be idle until the first `restart`."""
        self._period = period_seconds
        self._anchor = math.inf
        self._next = math.inf

    @property
    def next_at(self) -> float:
        """The moment of the next attempt; in the past when a kept tick waits; infinite when idle."""
        return self._next

    def stop(self) -> None:
        """Be idle: there is no container to probe."""
        self._anchor = self._next = math.inf

    def restart(self, first: float) -> None:
        """Make the first tick at `first`, the others every period after it."""
        self._anchor = self._next = first

    def trigger(self, now: float) -> bool:
        """Restart the ticker from now and return True: an attempt is made out of turn.

        Before the first tick it is False, and nothing changes: the first attempt has its own moment.
        """
        if now < self._anchor:
            return False
        self._anchor = now
        self._next = now + self._period
        return True

    def advance(self, at: float) -> None:
        """Bring the next tick forward to `at`, the others every period after it.

        As with `trigger`, the first one keeps its own moment.
        """
        if self._anchor <= at < self._next:
            self._anchor = self._next = at

    def take(self, now: float) -> bool:
        """Take the tick if one has fired by `now`; several that have fired count as one."""
        if now < self._next:
            return False
        fired = math.floor((now - self._anchor) / self._period)
        self._next = self._anchor + (fired + 1) * self._period
        if self._next <= now:  # the division rounded down across a tick
            self._next += self._period
        return True
