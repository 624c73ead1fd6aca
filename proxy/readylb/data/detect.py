"""First-bytes detection for `protocol: auto`: what begins like an HTTP/1 request is HTTP, else TCP.

A client that says nothing waits for the other side to speak first, which HTTP never does.
"""

from __future__ import annotations

import asyncio
import re

from readylb.data.downstream import Downstream
from readylb.data.table import ServiceState
from readylb.data.tcp import TcpDownstream

# How long the first byte may take before the connection is taken for TCP.
SILENCE_SECONDS = 1.0
_REQUEST = re.compile(rb"(?:\r\n)*[A-Z]{3,20} [!-~]")
_MAYBE = re.compile(rb"(?:\r\n)*\r?[A-Z]{0,20} ?\Z")


def looks_like_http(first: bytes) -> bool | None:
    """Say whether `first` begins an HTTP/1 request; None: too short to tell."""
    if _REQUEST.match(first):
        return True
    return None if _MAYBE.match(first) else False


class Detect(asyncio.Protocol):
    """A client connection that has not said what it speaks."""

    __slots__ = ("_address", "_first", "_service", "deadline", "transport")

    transport: asyncio.Transport

    def __init__(self, service: ServiceState, address: str = "") -> None:
        """Wait for the first bytes of a client at `address`."""
        self._address = address
        self._service = service
        self._first = b""
        self.deadline = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the client a moment."""
        self.transport = transport  # type: ignore[assignment]  # stream protocols get stream transports
        self.deadline = self._service.sweep.now + SILENCE_SECONDS
        self._service.sweep.watched.add(self)
        self._service.clients.add(self)

    def data_received(self, data: bytes) -> None:
        """Decide as soon as the bytes do."""
        self._first += data
        verdict = looks_like_http(self._first)
        if verdict is not None:
            self._become(
                Downstream(self._service, self._address)
                if verdict
                else TcpDownstream(self._service, self._address)
            )

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - nothing was begun
        """Give up every reference."""
        self._leave()

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Take a silent client for one that waits for the other side."""
        self._become(TcpDownstream(self._service, self._address))

    def drain(self) -> None:
        """End: nothing was begun."""
        self.transport.close()

    def cut(self) -> None:
        """End at once."""
        self.transport.abort()

    def _become(self, protocol: asyncio.Protocol) -> None:
        self._leave()
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if self._first:
            protocol.data_received(self._first)

    def _leave(self) -> None:
        self._service.sweep.watched.discard(self)
        self._service.clients.discard(self)
