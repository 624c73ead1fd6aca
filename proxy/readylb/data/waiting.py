"""Requests that wait for an endpoint where nothing is Ready but something is starting.

Only where that is asked for, in the order they came, no longer than the Service's `hold_seconds`, and
bounded in number and bytes: who does not fit is answered 503 at once, as everybody is where nothing can
be hoped for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from readylb.data.flow import is_reset

if TYPE_CHECKING:
    from readylb.data.forwarder import Exchange
    from readylb.data.table import ServiceState

# For each Service port and worker. Envoy's pending requests: 1024.
WAITING_REQUESTS = 1024
WAITING_BYTES = 16 * 1024 * 1024
# What may have been read of a request's body before its client is no longer read from.
_BODY_BYTES = 256 * 1024


class Waiting:
    """The requests of one Service port that have no endpoint yet."""

    __slots__ = ("_bytes", "_exchanges", "_resuming", "_service")

    def __init__(self, service: ServiceState) -> None:
        """Hold nobody."""
        self._service = service
        self._exchanges: dict[Exchange, int] = {}
        # Those that are tried again just now, and may come back.
        self._resuming: dict[Exchange, int] = {}
        self._bytes = 0

    def __repr__(self) -> str:
        """Show how many wait."""
        return f"<Waiting {len(self._exchanges)} requests, {self._bytes} bytes>"

    def take(self, exchange: Exchange) -> bool:
        """Let a request wait until its time is over; False: it may not."""
        service = self._service
        seconds = service.settings.hold_seconds
        if not seconds:
            return False
        until = exchange.started + seconds
        size = len(exchange.request.head) + (_BODY_BYTES if exchange.request.body else 0)
        if (
            until <= service.sweep.now
            or not service.table.message.starting
            or len(self._exchanges) >= WAITING_REQUESTS
            or self._bytes + size > WAITING_BYTES
        ):
            return False
        exchange.client.deadline = until
        self._exchanges[exchange] = size
        self._bytes += size
        counters = service.counters
        counters.held = len(self._exchanges)
        counters.held_total += exchange not in self._resuming
        return True

    def leave(self, exchange: Exchange) -> None:
        """Forget a request whose client is gone or whose time is over."""
        self._bytes -= self._exchanges.pop(exchange, 0)
        self._service.counters.held = len(self._exchanges)

    def resume(self) -> None:
        """Start everybody again: things have changed. Who still has nowhere to go waits on, or is told."""
        if not self._exchanges:
            return
        exchanges, self._exchanges, self._bytes = self._exchanges, {}, 0
        self._service.counters.held = 0
        self._resuming = exchanges
        for exchange in exchanges:
            transport = exchange.client.transport
            if is_reset(transport):
                # It is not read from while a part of its body waits, so nobody has told.
                transport.abort()
            else:
                exchange.start()
        self._resuming = {}
