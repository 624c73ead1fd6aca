"""The endpoint with the least to do, for its weight; equals take turns.

Where weights differ, busy is: requests in flight / weight, and what is left of the time, up to 1 / weight,
until its next turn is due. So with much to do requests in flight settle by weight, with little each still
gets its share, and an endpoint in its slow start is warmed up. Of HAProxy, nginx and Envoy none has both:
the first two send to whoever is idle, however light; Envoy goes by turns that loads only stretch.

All are looked at while they are few; of many, a random sample is, which finds one of the least busy
with near certainty and costs the same for a thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

from readylb.core.balancing.policy import C, Rng

#: Up to this many are all looked at.
SMALL_POOL = 32
#: Of more, so many are, beginning anywhere. Two would do against herds; eight come near the best.
SAMPLE = 8


class LeastRequest:
    """Looks from a position that moves on with each pick, so that equals take turns."""

    needs_key: ClassVar[bool] = False

    __slots__ = ("_due", "_equal", "_known", "_next", "_now", "_rng", "_step")

    def __init__(self, rng: Rng) -> None:
        """Begin with the first."""
        self._rng = rng
        self._next = 0
        self._known: Sequence[Any] = ()
        self._equal = True
        # Of endpoints that do not weigh the same: when each one's next turn is due. A pick takes a step.
        self._due: dict[Any, float] = {}
        self._now = 0.0
        self._step = 0.0

    def pick(self, candidates: Sequence[C], key: bytes = b"", avoid: Collection[C] = ()) -> C:  # noqa: ARG002
        """Return the candidate with the least to do."""
        if candidates is not self._known:
            self._follow(candidates)
        count = len(candidates)
        if count > SMALL_POOL:
            return self._sample(candidates, avoid)
        if not self._equal:
            return self._least(candidates, avoid) or candidates[0]
        start = self._next
        best: C | None = None
        place = least = 0
        for step in range(count):
            position = (start + step) % count
            candidate = candidates[position]
            if avoid and candidate in avoid:
                continue
            if best is None or candidate.in_flight < least:
                best, place, least = candidate, position, candidate.in_flight
                if not least:
                    break  # nobody has less than nothing to do
        self._next = place + 1
        return best if best is not None else candidates[place]

    def _follow(self, candidates: Sequence[Any]) -> None:
        """Take note of who there is; who stays keeps its turn, who is new waits half of one."""
        self._known = candidates
        self._equal = len({candidate.weight for candidate in candidates}) <= 1
        self._step = 1 / sum(candidate.weight for candidate in candidates)
        before, now = self._due, self._now
        # Whoever has got heavier is not left waiting for a turn of its old weight.
        self._due = {
            candidate: min(before.get(candidate, now + 0.5 / candidate.weight), now + 1 / candidate.weight)
            for candidate in (() if self._equal else candidates)
        }

    def _least(self, candidates: Iterable[C], avoid: Collection[C]) -> C | None:
        """Return the least busy for its weight, of several the one that is due first; None: all avoided."""
        due, now = self._due, self._now
        best: C | None = None
        least = soonest = 0.0
        for candidate in candidates:
            if avoid and candidate in avoid:
                continue
            turn = due[candidate]
            busy = candidate.in_flight / candidate.weight + max(0.0, turn - now)
            if best is None or busy < least or (busy == least and turn < soonest):
                best, least, soonest = candidate, busy, turn
        if best is not None:
            # Turns that went by while others were less busy are not made up for.
            self._now = now = now + self._step
            due[best] = now + 1 / best.weight
        return best

    def _sample(self, candidates: Sequence[C], avoid: Collection[C]) -> C:
        count = len(candidates)
        drawn = [candidates[int(self._rng.random() * count)] for _ in range(SAMPLE)]
        if not self._equal:
            best = self._least(drawn, avoid)
        else:
            allowed = (candidate for candidate in drawn if not (avoid and candidate in avoid))
            best = min(allowed, key=_in_flight, default=None)
        if best is not None:
            return best
        # All of the sample are to be avoided: the next that is not.
        start = int(self._rng.random() * count)
        return next(
            candidate
            for step in range(count)
            if (candidate := candidates[(start + step) % count]) not in avoid
        )


def _in_flight(candidate: Any) -> int:
    count: int = candidate.in_flight
    return count
