"""Weighted turns, spread as evenly as they can be: a, a, a, b, c, a, a for the weights 5, 1, 1.

The k-th turn of a candidate with weight w is due at (k - 1/2) / w, and the earliest one is next. So the
turns given out are, at any moment, an apportionment by Webster's method: nobody is ever a whole turn
away from its share for long, and heavy ones get no bursts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import heapify, heapreplace
from typing import Generic

from readylb.core.balancing.policy import C


class Turns(Generic[C]):
    """Whose turn it is. Following a change costs O(n), a turn O(log n)."""

    __slots__ = ("_due", "_now")

    def __init__(self) -> None:
        """Know nobody."""
        self._now = 0.0
        # (when due, place among the candidates, candidate)
        self._due: list[tuple[float, int, C]] = []

    def follow(self, candidates: Sequence[C]) -> None:
        """Give turns to these from now on; who stays keeps its place, who is new waits half a turn."""
        # Whoever has got heavier or lighter is not left waiting for a turn of its old weight.
        known = {candidate: when for when, _, candidate in self._due}
        now = self._now
        self._now = 0.0
        self._due = [
            (
                min(known.get(candidate, now + 0.5 / candidate.weight) - now, 1 / candidate.weight),
                place,
                candidate,
            )
            for place, candidate in enumerate(candidates)
        ]
        heapify(self._due)

    def next(self, avoid: Collection[C] = ()) -> C:
        """Return the one whose turn it is.

        With some to `avoid` it is a second try, which takes nobody's turn: the next of the others, O(n).
        """
        due = self._due
        if avoid:
            return min(entry for entry in due if entry[2] not in avoid)[2]
        when, place, candidate = due[0]
        heapreplace(due, (when + 1 / candidate.weight, place, candidate))
        self._now = when
        return candidate
