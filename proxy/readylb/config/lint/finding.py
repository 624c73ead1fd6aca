"""One thing that is odd, at a path of an object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is in the object; `message` says what follows from it, and in brackets what to do."""

    path: str
    message: str


Findings = Iterator[Finding]
