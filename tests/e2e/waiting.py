"""Waiting for conditions, never for durations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Generous: reached only when something is broken, however busy the machine is.
DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 0.03


def wait_for(
    what: str,
    condition: Callable[[], T | None],
    *,
    seconds: float = DEADLINE_SECONDS,
    evidence: Callable[[], str] = str,
) -> T:
    """Ask `condition` until it answers something true and return that; AssertionError with `evidence`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            msg = f"waited {seconds:g} s in vain until {what}; the last answer was {answer!r}\n{evidence()}"
            raise AssertionError(msg)
        time.sleep(PAUSE_SECONDS)
