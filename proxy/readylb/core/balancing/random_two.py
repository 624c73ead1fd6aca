"""Two endpoints at random, by weight; the one with less to do (Mitzenmacher, the power of two choices).

Less is: fewer requests in flight / weight; of two with nothing to do the first drawn, so that at low load
each gets its share, as with nginx's `random two least_conn`.

Unlike round robin it keeps no order that several balancers could fall into together, and unlike
least_request it does not send everybody to one endpoint that has just come back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Any, ClassVar

from readylb.core.balancing.policy import C, Rng


class RandomTwo:
    """Draws in O(log n)."""

    needs_key: ClassVar[bool] = False

    __slots__ = ("_known", "_reach", "_rng")

    def __init__(self, rng: Rng) -> None:
        """Draw from `rng`."""
        self._rng = rng
        self._known: Sequence[Any] = ()
        # Sums of the weights up to and with each candidate.
        self._reach: list[float] = []

    def pick(self, candidates: Sequence[C], key: bytes = b"", avoid: Collection[C] = ()) -> C:  # noqa: ARG002
        """Return the less busy of two."""
        if avoid:
            # Rare, and what is to be avoided may be nearly all: draw from what is left.
            allowed = [candidate for candidate in candidates if candidate not in avoid]
            return self._draw(allowed, list(accumulate(candidate.weight for candidate in allowed)))
        if candidates is not self._known:
            self._known = candidates
            self._reach = list(accumulate(candidate.weight for candidate in candidates))
        return self._draw(candidates, self._reach)

    def _draw(self, candidates: Sequence[C], reach: list[float]) -> C:
        last = len(candidates) - 1
        if last == 0:
            return candidates[0]
        total = reach[-1]
        # Weights need not be whole: a sum that was rounded must not lead beyond the last.
        one = min(bisect_right(reach, self._rng.random() * total), last)
        # The second is drawn from the weights without the first's.
        weight = candidates[one].weight
        ticket = self._rng.random() * (total - weight)
        if ticket >= reach[one] - weight:
            ticket += weight
        first, second = candidates[one], candidates[min(bisect_right(reach, ticket), last)]
        if second.in_flight * first.weight < first.in_flight * second.weight:
            return second
        return first
