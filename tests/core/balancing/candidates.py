"""Endpoints as policies see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from readylb.core.balancing.policy import Policy


@dataclass(eq=False)
class Candidate:
    authority: bytes
    weight: float = 1
    in_flight: int = 0

    def __repr__(self) -> str:
        return self.authority.decode()


def pool(*weights: float) -> tuple[Candidate, ...]:
    return tuple(Candidate(b"10.0.0.%d:80" % index, weight) for index, weight in enumerate(weights))


def shares(
    policy: Policy, candidates: Sequence[Candidate], picks: int, avoid: Collection[Candidate] = ()
) -> list[int]:
    """How often each candidate is picked when nobody keeps a request."""
    counted = Counter(policy.pick(candidates, b"", avoid) for _ in range(picks))
    assert set(counted) <= set(candidates)
    return [counted[candidate] for candidate in candidates]


def order(policy: Policy, candidates: Sequence[Candidate], picks: int) -> str:
    """The picks as letters: a is the first candidate."""
    return "".join("abcdefgh"[candidates.index(policy.pick(candidates))] for _ in range(picks))
