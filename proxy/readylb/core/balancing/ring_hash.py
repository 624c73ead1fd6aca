"""Equal keys to equal endpoints: a ring as in Ketama (libketama, and Envoy's and HAProxy's descendants).

Each endpoint stands on many points of a ring, a key belongs to the next point clockwise. When an
endpoint goes, only its own keys move; when one comes, it takes about 1/n of them and nobody else's
change. Points depend on the endpoint's address alone, so every worker and every start agree.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from typing import Any, ClassVar

from readylb.core.balancing.policy import C, Rng
from readylb.core.balancing.round_robin import RoundRobin

#: Points of an endpoint of weight 1: libketama's number. Shares then differ by about 8%.
POINTS = 160
#: A ring does not get larger than this; above, everybody has half as many points, and half again.
RING_POINTS = 65_536
_FEWEST = 5
#: Up to so many points are looked up one by one to be taken off.
_FEW = 1024
_DIGEST = 40  # bytes of one hash, enough for five points of eight bytes


class RingHash:
    """Finds in O(log of the ring); a request without a key goes round robin."""

    needs_key: ClassVar[bool] = True

    __slots__ = ("_keyless", "_known", "_owners", "_placed", "_points")

    def __init__(self, rng: Rng | None = None) -> None:  # noqa: ARG002 - nothing is left to chance
        """Have an empty ring."""
        self._known: Sequence[Any] = ()
        self._points: list[int] = []
        # address -> points, so that only those of newcomers are computed.
        self._placed: dict[bytes, tuple[int, ...]] = {}
        self._owners: dict[int, Any] = {}
        self._keyless = RoundRobin()

    def pick(self, candidates: Sequence[C], key: bytes = b"", avoid: Collection[C] = ()) -> C:
        """Return the candidate that `key` belongs to, or the next one that is not to be avoided."""
        if not key:
            return self._keyless.pick(candidates, key, avoid)
        if candidates is not self._known:
            self._follow(candidates)
        points, owners = self._points, self._owners
        start = bisect_right(points, int.from_bytes(blake2b(key, digest_size=8).digest()))
        owner: C = owners[points[start % len(points)]]
        while avoid and owner in avoid:
            start += 1
            owner = owners[points[start % len(points)]]
        return owner

    def _follow(self, candidates: Sequence[C]) -> None:
        """Follow a change: only the points of those that go, come, or weigh differently move."""
        self._known = candidates
        # Where keys decide there is no slow start: weights are whole.
        total = int(sum(candidate.weight for candidate in candidates))
        each = POINTS
        while each > _FEWEST and each * total > RING_POINTS:
            each //= 2
        before, owners = self._placed, self._owners
        placed: dict[bytes, tuple[int, ...]] = {}
        gone: list[int] = []
        come: list[int] = []
        for candidate in candidates:
            authority, count = candidate.authority, each * int(candidate.weight)
            old = before.pop(authority, None) or placed.get(authority, ())
            points = old[:count] if len(old) >= count else tuple(_points(authority, count))
            if len(old) != count or owners[points[0]] is not candidate:
                owners.update(dict.fromkeys(points, candidate))
            gone.extend(old[count:])
            come.extend(points[len(old) :])
            placed[authority] = points
        for points in before.values():
            gone.extend(points)
        self._remove(gone)
        if come:
            # Nearly sorted already, which is soon done.
            self._points = sorted(self._points + come)
        self._placed = placed

    def _remove(self, gone: list[int]) -> None:
        """Take points off the ring. Two addresses on one of them is as good as impossible: it has 64 bits."""
        owners, points = self._owners, self._points
        if len(gone) > _FEW:
            left = set(points).difference(gone)
            self._points = [point for point in points if point in left]
        for point in gone:
            owners.pop(point, None)
            if len(gone) <= _FEW:
                del points[bisect_left(points, point)]


def _points(authority: bytes, count: int) -> Iterator[int]:
    """Yield the first `count` points of an address: fewer of them are among more of them."""
    for group in range((count + 4) // 5):
        digest = blake2b(b"%b#%d" % (authority, group), digest_size=_DIGEST).digest()
        for place in range(min(5, count - 5 * group)):
            yield int.from_bytes(digest[8 * place : 8 * place + 8])
