"""A client that has said all it will, which may still listen or be gone (RFC 9112 §9.6).

Both look the same until something is sent, which a client that is gone answers with a reset. So one that
has waited for a moment is sent a 100 (Continue): whoever listens ignores it (RFC 9110 §15.2.1), and work
for nobody is cancelled. HTTP/1.0 knows no 1xx; there the response has to show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from readylb.data.flow import is_reset
from readylb.data.sweep import TICK_SECONDS

if TYPE_CHECKING:
    from readylb.data.downstream import Downstream
    from readylb.data.forwarder import Exchange

#: One that is answered sooner is asked nothing: not every program that half-closes expects a 100.
_WAIT_SECONDS: Final = 2 * TICK_SECONDS
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class HalfClosed:
    """Looks at one client each tick until its response begins: a loop that reads no more hears nothing."""

    __slots__ = ("_asked", "_client", "_exchange", "deadline")

    def __init__(self, client: Downstream, exchange: Exchange) -> None:
        """Look at a client that waits for the response of `exchange`."""
        self._client = client
        self._exchange = exchange
        self.deadline = exchange.service.sweep.now + _WAIT_SECONDS
        self._asked = exchange.request.minor == 0
        exchange.service.sweep.watched.add(self)

    def __repr__(self) -> str:
        """Show what is known."""
        return f"<HalfClosed {'asked' if self._asked else 'waits'}>"

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Ask, and look for the answer."""
        client, exchange = self._client, self._exchange
        if exchange.status or client.transport.is_closing():
            exchange.service.sweep.watched.discard(self)
        elif is_reset(client.transport):
            client.transport.abort()
        elif not self._asked:
            self._asked = True
            exchange.write(_CONTINUE)
