"""How long a connection may be kept idle: how soon its endpoint closes one is told by it, or learned.

A request that meets such a close on its way is lost or, where that is safe, sent twice. So connections
are given up well before the endpoint would. Servers say it seldom (`Keep-Alive: timeout=5`: Node,
Apache), most only do it (uvicorn and Node after 5 s, gunicorn after 2 s).

An endpoint that says something unasked (a second answer, a body behind an answer to HEAD) has none kept
for a while: what it says a moment later would be taken for the answer to the next request.
"""

from __future__ import annotations

import re

_TOLD = re.compile(rb"\r\nkeep-alive[ \t]*:[^\r]*?\btimeout[ \t]*=[ \t]*(\d{1,7})", re.IGNORECASE)
#: What is kept off the endpoint's time: a share of a long one, at least this of a short one.
MARGIN_SECONDS = 0.5
MARGIN_SHARE = 0.2
#: Closes are by the same timeout where their ages differ by no more than this.
_ALIKE_SECONDS = 0.5
#: A program that ends closes all its connections at once, of which nothing can be learned.
_APART_SECONDS = 1.0
#: An endpoint that said something unasked has one request per connection for so long.
DISTRUST_SECONDS = 60.0


class IdleLimit:
    """How long a connection to one endpoint may be kept idle, in seconds."""

    __slots__ = ("_age", "_allowed", "_at", "_trusted_at", "asked", "seconds")

    def __init__(self) -> None:
        """Know of no limit."""
        self.seconds = self._allowed = float("inf")
        self._trusted_at = float("-inf")
        #: A response head has been looked at; one is enough.
        self.asked = False
        self._age = float("-inf")
        self._at = float("-inf")

    def __repr__(self) -> str:
        """Show the limit."""
        return f"<IdleLimit {self.seconds:g} s>"

    def closed(self, age: float, now: float, *, reused: bool = False) -> None:
        """Note that the endpoint has closed a connection that was idle for `age` seconds.

        Two that were equally old, at different times, make a timeout; one may have had any reason. So may
        any number that closed at once, as long as others were `reused` since the close before: whoever
        does not keep connections keeps none.
        """
        if now - self._at < _APART_SECONDS or (reused and age <= _ALIKE_SECONDS):
            return
        if abs(age - self._age) <= _ALIKE_SECONDS:
            self._stay_below(min(age, self._age))
        self._age, self._at = age, now

    def told(self, head: bytes) -> None:
        """Read what a response head says of it, if anything."""
        self.asked = True
        found = _TOLD.search(head)
        if found:
            self._stay_below(float(found[1]))

    def unasked(self, now: float) -> None:
        """Note that the endpoint has said something that nobody had asked for."""
        self._trusted_at = now + DISTRUST_SECONDS
        self.seconds = 0.0

    def trust(self, now: float) -> None:
        """Have connections kept again if it is time for that."""
        if now >= self._trusted_at:
            self.seconds = self._allowed

    def _stay_below(self, seconds: float) -> None:
        allowed = max(0.0, min(seconds * (1 - MARGIN_SHARE), seconds - MARGIN_SECONDS))
        self._allowed = min(self._allowed, allowed)
        self.seconds = min(self.seconds, allowed)
