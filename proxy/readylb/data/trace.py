"""What only the access log wants to know of an exchange: kept where there is a log, and nowhere else."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from readylb.core.access_record import AccessRecord

if TYPE_CHECKING:
    from readylb.data.forwarder import Exchange

_NOTHING = -1.0


class Trace:
    """Times and bytes of one exchange; times are monotonic, 0 before they come."""

    __slots__ = ("_attempted", "_connected", "_first_byte", "bytes_in", "bytes_out")

    def __init__(self) -> None:
        """Know nothing yet."""
        self._attempted = 0.0
        self._connected = 0.0
        self._first_byte = 0.0
        self.bytes_in = 0
        self.bytes_out = 0

    def attempted(self) -> None:
        """Note that a connection is being made."""
        self._attempted = monotonic()
        self._connected = 0.0

    def connected(self) -> None:
        """Note that it has been made."""
        if not self._connected:
            self._connected = monotonic()

    def responded(self) -> None:
        """Note that the final response begins."""
        self._first_byte = monotonic()

    def finish(self, exchange: Exchange, reason: str, now: float) -> None:
        """Give the log its record of an exchange that ended `now`."""
        log = exchange.service.access_log
        if log is None:
            return
        head = exchange.request.head
        began = exchange.started
        record = AccessRecord(
            now,
            exchange.client.peer.address.decode(),
            head,
            exchange.status,
            len(head) + self.bytes_in,
            self.bytes_out,
            exchange.service.settings.name,
            exchange.endpoint.name if exchange.tries else "",
            exchange.tries,
            self._connected - self._attempted if self._attempted and self._connected else _NOTHING,
            self._first_byte - began if self._first_byte else _NOTHING,
            now - began,
            reason,
        )
        log.add(record)
