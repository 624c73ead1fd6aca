"""First-bytes detection for `protocol: auto`: what begins like an HTTP/1 request is HTTP, else TCP.

A client that says nothing waits for the other side to speak first, which HTTP never does.
"""

from __future__ import annotations

import asyncio

from readylb.core.proxy_protocol import Header
from readylb.data.downstream import Downstream
from readylb.data.first_bytes import looks_like_http
from readylb.data.flow import has_unread
from readylb.data.table import ServiceState
from readylb.data.tcp import TcpDownstream


class Detect(asyncio.Protocol):
    """A client connection that has not said what it speaks."""

    __slots__ = ("_address", "_first", "_service", "_told", "transport")

    transport: asyncio.Transport

    def __init__(self, service: ServiceState, address: str = "", told: Header | None = None) -> None:
        """Wait for the first bytes of a client at `address`; `told`: what a proxy said of its ends."""
        self._told = told
        self._address = address
        self._service = service
        self._first = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the client a moment."""
        self.transport = transport  # type: ignore[assignment]  # stream protocols get stream transports
        service = self._service
        service.counters.open_connections += 1
        service.clients.add(self)
        service.quiet.watch(self, service.settings.detect_seconds)

    def data_received(self, data: bytes) -> None:
        """Decide as soon as the bytes do."""
        self._first += data
        verdict = looks_like_http(self._first)
        if verdict is not None:
            self._become(Downstream if verdict else TcpDownstream)

    def eof_received(self) -> bool:
        """Take what there is for all there will be; HTTP would have had a whole line."""
        if not self._first:
            return False
        return self._become(TcpDownstream).eof_received()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - nothing was begun
        """Give up every reference."""
        self._leave()

    def quiet(self) -> None:
        """Take a silent client for one that waits for the other side.

        One that has begun what may be a request is slow: what comes of it is judged as HTTP.
        """
        self._become(Downstream if self._first else TcpDownstream)

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

    def _become(self, kind: type[Downstream | TcpDownstream]) -> Downstream | TcpDownstream:
        self._leave()
        protocol = kind(self._service, self._address, self._told)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if self._first:
            protocol.data_received(self._first)
        return protocol

    def _leave(self) -> None:
        self._service.counters.open_connections -= 1
        self._service.quiet.forget(self)
        self._service.clients.discard(self)
