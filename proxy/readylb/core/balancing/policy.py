"""What a balancing policy is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Protocol, TypeVar


class Candidate(Protocol):
    """An endpoint as policies see it. Two of them are never equal unless they are one."""

    @property
    def in_flight(self) -> int:
        """Requests (in TCP mode: connections) that it is working on for this worker."""

    @property
    def weight(self) -> float:
        """Its share beside others': a whole number from 1, or less during a slow start."""

    @property
    def authority(self) -> bytes:
        """Its address as text: what stays the same when readylb is started anew."""


class Rng(Protocol):
    """A source of random numbers."""

    def random(self) -> float:
        """Return a number from 0.0 up to, but not, 1.0."""


C = TypeVar("C", bound=Candidate)


class Policy(Protocol):
    """Chooses among endpoints that may all have the request. One object per Service port and worker.

    Made with one argument, an `Rng`.
    """

    #: Whether `pick` wants to know what the request is about; making a key costs something.
    needs_key: ClassVar[bool]

    def pick(self, candidates: Sequence[C], key: bytes = b"", avoid: Collection[C] = ()) -> C:
        """Return one of `candidates` that is not in `avoid`; there is at least one.

        `candidates` is the same object as in the call before unless the endpoints or their weights
        have changed; only then may a pick cost more than a few steps. Requests with equal `key`
        belong together; an empty one belongs to nobody.
        """
