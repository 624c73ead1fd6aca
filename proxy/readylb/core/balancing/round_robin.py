"""Each endpoint in turn, as often as its weight says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from readylb.core.balancing.policy import C, Rng
from readylb.core.balancing.turns import Turns


class RoundRobin:
    """Walks around the candidates; a change of their number keeps the walk's position."""

    needs_key: ClassVar[bool] = False

    __slots__ = ("_equal", "_known", "_next", "_spare", "_turns")

    def __init__(self, rng: Rng | None = None) -> None:  # noqa: ARG002 - nothing is left to chance
        """Begin with the first."""
        self._next = 0
        # Who stands in next for one that is avoided.
        self._spare = 0
        self._known: Sequence[Any] = ()
        # The same while all weigh the same, which is what the hot path asks.
        self._equal: Sequence[Any] | None = None
        # None while all weigh the same, which needs no book-keeping.
        self._turns: Turns[Any] | None = None

    def pick(self, candidates: Sequence[C], key: bytes = b"", avoid: Collection[C] = ()) -> C:  # noqa: ARG002
        """Return the next candidate."""
        if candidates is not self._equal or avoid:
            return self._pick_otherwise(candidates, avoid)
        position = self._next
        if position >= len(candidates):
            position = 0
        self._next = position + 1
        return candidates[position]

    def _pick_otherwise(self, candidates: Sequence[C], avoid: Collection[C]) -> C:
        """Pick after a change, by weight, or for a second try."""
        if candidates is not self._known:
            self._follow(candidates)
        if self._turns is not None:
            found: C = self._turns.next(avoid)
            return found
        if avoid:
            # A second try takes nobody's turn: else a dead one would be every other request's first.
            # The others stand in by turns: else the one behind a dead one would have twice its share.
            others = [candidate for candidate in candidates if candidate not in avoid]
            self._spare = (self._spare + 1) % len(others)
            return others[self._spare - 1]
        return self.pick(candidates)

    def _follow(self, candidates: Sequence[C]) -> None:
        self._known = candidates
        if len({candidate.weight for candidate in candidates}) <= 1:
            self._equal = candidates
            self._turns = None
            return
        self._equal = None
        if self._turns is None:
            self._turns = Turns()
        self._turns.follow(candidates)
