"""The way in for Services that do not serve everybody, or are told by others who a client is.

A client outside the source ranges is closed before it can ask anything. From trusted proxies a PROXY
protocol header comes first, and the client that it names is the one that counts. Services without
either have no gate, and pay nothing for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from readylb.core.proxy_protocol import Header, ProxyProtocolError, may_begin, parse
from readylb.core.termination import Termination
from readylb.data.flow import has_unread, reset
from readylb.data.table import ServiceState
from readylb.data.trace import refused

#: Makes what comes behind the gate: (service, client's address, what was told of its ends).
Behind = Callable[[ServiceState, str, Header | None], asyncio.Protocol]


class Gate(asyncio.Protocol):
    """A client connection that has not been let in."""

    __slots__ = ("_address", "_behind", "_first", "_service", "_waits", "deadline", "transport")

    transport: asyncio.Transport

    def __init__(self, service: ServiceState, address: str, behind: Behind) -> None:
        """Keep the gate for a client at `address`."""
        self._service = service
        self._address = address
        self._behind = behind
        self._first = b""
        self._waits = False
        self.deadline = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let in or close who is known; wait for a trusted proxy's word."""
        self.transport = transport  # type: ignore[assignment]  # stream protocols get stream transports
        service = self._service
        settings = service.settings
        if settings.proxy_protocol and service.trusts(self._address):
            self._waits = True
            service.counters.open_connections += 1
            service.clients.add(self)
            if self._is_required:
                self.deadline = service.sweep.now + settings.limits.head_seconds
                service.sweep.watched.add(self)
            else:
                service.quiet.watch(self, settings.detect_seconds)
        elif self._is_required:
            self._refuse(Termination.PROXY_HEADER_UNTRUSTED)
        else:
            self._enter(None)

    def data_received(self, data: bytes) -> None:
        """Read the header as far as it has come."""
        if self.transport.is_closing():
            return
        self._first += data
        if not self._is_required and not may_begin(self._first):
            self._enter(None)
            return
        try:
            header = parse(self._first)
        except ProxyProtocolError:
            self._refuse(Termination.BAD_PROXY_HEADER)
            return
        if header is not None:
            self._first = self._first[header.size :]
            self._enter(header)

    def eof_received(self) -> bool:
        """Take what there is for all there will be; where a header is required, that is nothing."""
        closed = self._is_required or self.transport.is_closing()
        behind = None if closed else self._enter(None)
        return behind is not None and bool(behind.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - nothing was begun
        """Give up every reference."""
        self._leave()

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Stop waiting for a header that must come."""
        self._refuse(Termination.PROXY_HEADER_TIMEOUT)

    def quiet(self) -> None:
        """Stop waiting for a header that may come."""
        self._enter(None)

    def is_under_way(self) -> bool:
        """Say that an endpoint has, or will have, something to do for it."""
        return True

    def drain(self) -> None:
        """End, unless its first bytes are here: nothing was begun."""
        if not has_unread(self.transport):
            self.transport.close()

    def cut(self) -> None:
        """End at once."""
        self.transport.abort()

    @property
    def _is_required(self) -> bool:
        return self._service.settings.proxy_protocol == "require"

    def _enter(self, header: Header | None) -> asyncio.Protocol | None:
        """Let the client in that `header` names, or the one that has connected; return what serves it."""
        address = header.source.host if header is not None and header.source is not None else self._address
        if not self._service.serves(address):
            self._address = address
            self._refuse(Termination.SOURCE_NOT_ALLOWED)
            return None
        self._leave()
        behind = self._behind(self._service, address, header)
        self.transport.set_protocol(behind)
        behind.connection_made(self.transport)
        if self._first:
            behind.data_received(self._first)
        return behind

    def _refuse(self, reason: str) -> None:
        self._leave()
        self._service.counters.refuse(reason)
        refused(self._service, self._address, reason)
        reset(self.transport)

    def _leave(self) -> None:
        if not self._waits:
            return
        self._waits = False
        self._service.counters.open_connections -= 1
        self._service.sweep.watched.discard(self)
        self._service.quiet.forget(self)
        self._service.clients.discard(self)
