"""One clock for decisions and for what is shown: epoch seconds that never jump.

The wall clock is read once, at start; from then on the monotonic clock moves it. A change of the
system time therefore shifts no probe, no back-off and no grace period, and times that are stored in
objects can be compared with `now()` directly.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in float epoch seconds."""

    def now(self) -> float:
        """Return the current moment; never smaller than one returned before."""


class SteadyClock:
    """The real clock."""

    def __init__(self) -> None:
        """Anchor the monotonic clock to the wall clock."""
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Return epoch seconds."""
        return self._offset + time.monotonic()
