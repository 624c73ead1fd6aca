"""What a balancing policy is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Candidate(Protocol):
    """An endpoint as policies see it."""

    @property
    def in_flight(self) -> int:
        """Requests that it is working on for this worker."""


C = TypeVar("C", bound=Candidate)


class Policy(Protocol):
    """Chooses among endpoints that may all have the request. One object per Service port."""

    def pick(self, candidates: Sequence[C]) -> C:
        """Return one of `candidates`, which are never empty and keep their order between calls."""
