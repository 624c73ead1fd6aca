"""Each endpoint in turn."""

from __future__ import annotations

from collections.abc import Sequence

from readylb.core.balancing.policy import C


class RoundRobin:
    """Walks around the candidates; a change of their number keeps the walk's position."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        """Begin with the first."""
        self._next = 0

    def pick(self, candidates: Sequence[C]) -> C:
        """Return the next candidate."""
        position = self._next
        if position >= len(candidates):
            position = 0
        self._next = position + 1
        return candidates[position]
