"""How many requests may be sent a second time: a share of all requests, and a floor for small ones.

Endpoints that break connections under load would otherwise get every request several times, and
break for good. The shape is Finagle's and Linkerd's (`retryRatio` 0.2, `minRetriesPerSecond` 10, `ttl`
10 s): credit grows with requests and with time, and what is not spent within the window is lost.
"""

from __future__ import annotations

WINDOW_SECONDS = 10.0


class RetryBudget:
    """The credit of one Service port. It is looked at when something has failed, never before."""

    __slots__ = ("_at", "_credit", "_requests")

    def __init__(self, now: float) -> None:
        """Be as after a window without a request."""
        self._at = now - WINDOW_SECONDS
        self._credit = 0.0
        self._requests = 0

    def spend(self, now: float, requests: int, *, percent: float, per_second: float) -> bool:
        """Take one retry off the credit; False: there is none left.

        `requests` is how many there have been in all; `percent` of them, and `per_second` beside, may
        be repeated.
        """
        elapsed = max(0.0, now - self._at)
        counted = min(elapsed, WINDOW_SECONDS)
        # Over a longer time, as many requests count as came in a window on average.
        share = counted / elapsed if elapsed else 1.0
        earned = (requests - self._requests) * share * percent / 100 + counted * per_second
        self._credit = self._credit * (1 - counted / WINDOW_SECONDS) + earned
        self._at, self._requests = now, requests
        if self._credit < 1:
            return False
        self._credit -= 1
        return True
