"""Clients that say nothing for a moment, told to the millisecond: with one timer, however many there are.

The sweep would be a quarter of a second late, which people notice at a prompt. All wait equally long, so
they are due in the order they came, and only for the first of them a timer has to run.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Silent(Protocol):
    """A connection on which nothing was said yet."""

    def quiet(self) -> None:
        """Act on the silence."""


class Quiet:
    """Those of one Service port that have said nothing, and until when each may."""

    __slots__ = ("_loop", "_timer", "_until")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for nobody."""
        self._loop = loop
        self._until: dict[Silent, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        """Show how many are waited for."""
        return f"<Quiet {len(self._until)}>"

    def watch(self, client: Silent, seconds: float) -> None:
        """Tell `client` in so many seconds, unless it is forgotten before."""
        self._until[client] = self._loop.time() + seconds
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._look)

    def forget(self, client: Silent) -> None:
        """Leave `client` alone: it has spoken, or is gone."""
        self._until.pop(client, None)

    def _look(self) -> None:
        self._timer = None
        # A timer may be early by less than the clock's grain, but never by this much.
        now = self._loop.time() + 0.001
        for client, until in list(self._until.items()):
            if until > now:
                self._timer = self._loop.call_later(until - now, self._look)
                return
            del self._until[client]
            client.quiet()
