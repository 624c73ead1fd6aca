"""The endpoint with the least to do: the lowest (requests in flight + 1) / weight.

All are looked at while they are few; of many, a random sample is, which finds one of the least busy
with near certainty and costs the same for a thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from readylb.core.balancing.policy import C, Rng

#: Up to this many are all looked at.
SMALL_POOL = 32
#: Of more, so many are, beginning anywhere. Two would do against herds; eight come near the best.
SAMPLE = 8


class LeastRequest:
    """Looks from a position that moves on with each pick, so that equals take turns."""

    needs_key: ClassVar[bool] = False

    __slots__ = ("_equal", "_known", "_next", "_rng")

    def __init__(self, rng: Rng) -> None:
        """Begin with the first."""
        self._rng = rng
        self._next = 0
        self._known: Sequence[Any] = ()
        self._equal = True

    def pick(self, candidates: Sequence[C], key: bytes = b"", avoid: Collection[C] = ()) -> C:  # noqa: ARG002
        """Return the candidate with the least to do."""
        if candidates is not self._known:
            self._known = candidates
            self._equal = len({candidate.weight for candidate in candidates}) <= 1
        count = len(candidates)
        if count > SMALL_POOL:
            return self._sample(candidates, avoid)
        start = self._next
        best: C | None = None
        place, least = 0, 0.0
        for step in range(count):
            position = (start + step) % count
            candidate = candidates[position]
            if avoid and candidate in avoid:
                continue
            score = (candidate.in_flight + 1) / candidate.weight
            if best is None or score < least:
                best, place, least = candidate, position, score
                if self._equal and not candidate.in_flight:
                    break  # nobody has less than nothing to do
        self._next = place + 1
        return best if best is not None else candidates[place]

    def _sample(self, candidates: Sequence[C], avoid: Collection[C]) -> C:
        count = len(candidates)
        best: C | None = None
        least = 0.0
        for _ in range(SAMPLE):
            candidate = candidates[int(self._rng.random() * count)]
            score = (candidate.in_flight + 1) / candidate.weight
            if (best is None or score < least) and not (avoid and candidate in avoid):
                best, least = candidate, score
        if best is not None:
            return best
        # All of the sample are to be avoided: the next that is not.
        start = int(self._rng.random() * count)
        return next(
            candidate
            for step in range(count)
            if (candidate := candidates[(start + step) % count]) not in avoid
        )
