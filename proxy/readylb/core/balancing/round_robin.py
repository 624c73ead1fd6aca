"""Each endpoint in turn, as often as its weight says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from readylb.core.balancing.policy import C, Rng
from readylb.core.balancing.turns import Turns


class RoundRobin:
    """Walks around the candidates; a change of their number keeps the walk's position."""

    needs_key: ClassVar[bool] = False

    __slots__ = ("_known", "_next", "_turns")

    def __init__(self, rng: Rng | None = None) -> None:  # noqa: ARG002 - nothing is left to chance
        """Begin with the first."""
        self._next = 0
        self._known: Sequence[Any] = ()
        # None while all weigh the same, which needs no book-keeping.
        self._turns: Turns[Any] | None = None

    def pick(self, candidates: Sequence[C], key: bytes = b"", avoid: Collection[C] = ()) -> C:
        """Return the next candidate."""
        if candidates is not self._known:
            self._follow(candidates)
        if self._turns is not None:
            found: C = self._turns.next(avoid)
            return found
        position = self._next
        if avoid:
            # A second try takes nobody's turn: else a dead one would be every other request's first.
            walk = (*candidates[position:], *candidates[:position])
            return next(candidate for candidate in walk if candidate not in avoid)
        if position >= len(candidates):
            position = 0
        self._next = position + 1
        return candidates[position]

    def _follow(self, candidates: Sequence[C]) -> None:
        self._known = candidates
        if len({candidate.weight for candidate in candidates}) <= 1:
            self._turns = None
            return
        if self._turns is None:
            self._turns = Turns()
        self._turns.follow(candidates)
