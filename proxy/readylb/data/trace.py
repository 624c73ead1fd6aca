"""What only the access log wants to know of an exchange: kept where there is a log, and nowhere else."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from readylb.core.access_record import AccessRecord

if TYPE_CHECKING:
    from readylb.data.forwarder import Exchange
    from readylb.data.table import ServiceState

_NOTHING = -1.0
# Where a response of our own has its status. Two numbers: compiled code takes no slice object.
_STATUS_FROM: Final = 9
_STATUS_TO: Final = 12


class Trace:
    """Times and bytes of one exchange; times are monotonic, 0 before they come."""

    __slots__ = ("_attempted", "_connected", "_first_byte", "bytes_in", "bytes_out", "detail")

    def __init__(self) -> None:
        """Know nothing yet."""
        self._attempted = 0.0
        self._connected = 0.0
        self._first_byte = 0.0
        self.bytes_in = 0
        self.bytes_out = 0
        self.detail = ""

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
            self._connect_seconds(),
            self._first_byte - began if self._first_byte else _NOTHING,
            now - began,
            reason,
            self.detail,
        )
        log.add(record)

    def ended(  # noqa: PLR0913, PLR0917 - what there is to tell, each once
        self, service: ServiceState, client: str, pod: str, tries: int, seconds: float, reason: str
    ) -> None:
        """Give the log its record of a TCP connection that has lasted so many seconds."""
        log = service.access_log
        if log is not None:
            told = (service.settings.name, pod, tries, self._connect_seconds(), _NOTHING, seconds, reason)
            log.add(AccessRecord(monotonic(), client, b"", 0, self.bytes_in, self.bytes_out, *told))

    def _connect_seconds(self) -> float:
        made = self._attempted and self._connected
        return self._connected - self._attempted if made else _NOTHING


def refused(service: ServiceState, client: str, reason: str, asked: bytes = b"", answer: bytes = b"") -> None:
    """Give the log its record of what never had an endpoint: a connection, or a request and our answer."""
    if service.access_log is not None:
        status = int(answer[_STATUS_FROM:_STATUS_TO]) if answer else 0
        told = (service.settings.name, "", 0, _NOTHING, _NOTHING, 0.0, reason)
        detail = answer.partition(b"\r\n\r\n")[2].decode().rstrip("\n")
        record = AccessRecord(monotonic(), client, asked, status, len(asked), len(answer), *told, detail)
        service.access_log.add(record)
