"""Two connections joined byte for byte: after 101 Switching Protocols, and in TCP mode.

Each direction ends by itself (half-close); the tunnel is over when both connections are. A WebSocket
whose endpoint or balancer is to go is told so between two frames, and what its endpoint still sends is
dropped: nothing may follow a Close. Its client answers with its own, or comes to the deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from readylb.core.termination import Termination
from readylb.core.websocket import GOING_AWAY, Frames
from readylb.data.flow import PEER_FULL, cut, hold, release, reset
from readylb.data.last_words import unread
from readylb.data.table import ServiceState

if TYPE_CHECKING:
    from readylb.data.forwarder import Exchange
    from readylb.data.upstream import Upstream


class Tunnel:
    """A pair of ends with one idle deadline. `on_end` hears the Reason, once, when both are lost."""

    __slots__ = (
        "_leaving",
        "_on_end",
        "_open",
        "_reason",
        "_said",
        "bytes_in",
        "bytes_out",
        "client",
        "deadline",
        "endpoint",
        "frames",
        "service",
    )

    def __init__(
        self,
        service: ServiceState,
        client: asyncio.Transport,
        endpoint: asyncio.Transport,
        on_end: Callable[[str], None],
    ) -> None:
        """Join two transports from now on."""
        self.service = service
        self._on_end = on_end
        self._open = 2
        self._reason = Termination.COMPLETED.value
        self.bytes_in = 0
        self.bytes_out = 0
        #: Of a WebSocket, what its endpoint says.
        self.frames: Frames | None = None
        # A Close is due; and it has been said, by us or by the endpoint.
        self._leaving = self._said = False
        self.client = End(self, client)
        self.endpoint = End(self, endpoint)
        self.client.peer = self.endpoint
        self.endpoint.peer = self.client
        self.deadline = service.sweep.now + service.limits.tunnel_idle_seconds
        service.clients.add(self)
        service.sweep.watched.add(self)
        client.set_protocol(self.client)
        endpoint.set_protocol(self.endpoint)

    def touch(self) -> None:
        """Note that bytes moved."""
        self.deadline = self.service.sweep.now + self.service.limits.tunnel_idle_seconds

    def is_under_way(self) -> bool:
        """Say that an endpoint has, or will have, something to do for it."""
        return True

    def drain(self) -> None:
        """Tell a WebSocket's client to go; anything else has until the drain deadline."""
        frames = self.frames
        if frames is not None and not self._leaving:
            self._leaving = True
            if frames.between:
                self._say_close(frames)

    def forward(self, frames: Frames, data: bytes) -> None:
        """Pass on what a WebSocket's endpoint says, as far as it may still say something."""
        if self._said:
            return
        whole = frames.feed(data)
        if self._leaving and whole:
            self.client.transport.write(data[:whole])
            self._say_close(frames)
        else:
            self.client.transport.write(data)

    def cut(self) -> None:
        """End both at once."""
        self._abort(Termination.DRAINED)

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """End a tunnel in which nothing moves."""
        self._abort(Termination.TUNNEL_IDLE)

    def broken(self, end: End) -> None:
        """Note that one of the ends was lost before it had ended."""
        self._reason = Termination.CLIENT_GONE if end is self.client else Termination.RESPONSE_CUT

    def lost(self) -> None:
        """Note that one of the ends is gone."""
        self._open -= 1
        if self._open == 0:
            self.service.clients.discard(self)
            self.service.sweep.watched.discard(self)
            self._on_end(self._reason)

    def _say_close(self, frames: Frames) -> None:
        self._said = True
        if not frames.closed and not self.client.transport.is_closing():
            self.client.transport.write(GOING_AWAY)

    def _abort(self, reason: str) -> None:
        self._reason = reason
        # Neither may take what it has by now for all there was to come; a WebSocket's end says that itself.
        for end in (self.client, self.endpoint):
            if self.frames is None:
                reset(end.transport)
            else:
                end.transport.abort()


class End(asyncio.Protocol):
    """One end of a tunnel."""

    __slots__ = ("_ended", "_tunnel", "held", "peer", "transport")

    peer: End

    def __init__(self, tunnel: Tunnel, transport: asyncio.Transport) -> None:
        """Take over `transport`."""
        self._tunnel = tunnel
        self._ended = False
        self.transport = transport
        self.held = 0

    def data_received(self, data: bytes) -> None:
        """Pass on what came, as it came."""
        self._tunnel.touch()
        counters = self._tunnel.service.counters
        if self is self._tunnel.client:
            counters.bytes_in += len(data)
            self._tunnel.bytes_in += len(data)
        else:
            counters.bytes_out += len(data)
            self._tunnel.bytes_out += len(data)
            frames = self._tunnel.frames
            if frames is not None:
                self._tunnel.forward(frames, data)
                return
        self.peer.transport.write(data)

    def eof_received(self) -> bool:
        """Pass the end of this direction on; stay open for the other."""
        self._ended = True
        if self.peer._ended:  # noqa: SLF001 - the two ends are one thing
            self.peer.transport.close()
            return False
        if not self.peer.transport.is_closing():
            self.peer.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        """Stop reading from the other side."""
        hold(self.peer, PEER_FULL)

    def resume_writing(self) -> None:
        """Read from the other side again."""
        release(self.peer, PEER_FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the other side as this one ended: behind all it had said, by a close or a cut."""
        if not self.peer.transport.is_closing():
            if self._ended and (exc is None or self.peer._ended):  # noqa: SLF001 - the two ends are one thing
                self.peer.transport.close()
            else:
                # A write may have failed before what had come was read.
                words = unread(self.transport) if exc is not None else b""
                if words:
                    self.data_received(words)
                self._tunnel.broken(self)
                # A close would look like the end.
                cut(self.peer.transport)
        self._tunnel.lost()


def join(exchange: Exchange, upstream: Upstream, rest: bytes) -> None:
    """Make a tunnel of an exchange that has switched protocols; `rest` came behind the endpoint's head."""
    service = exchange.service
    client = exchange.client
    early, ended_early = client.leave()
    if early:
        upstream.transport.write(early)
    endpoint = upstream.endpoint
    service.sweep.watched.discard(upstream)
    endpoint.upstreams.discard(upstream)

    def ended(reason: str) -> None:
        endpoint.tunnels.discard(tunnel)
        endpoint.connections -= 1
        endpoint.release()
        service.counters.open_connections -= 1
        if exchange.trace is not None:
            exchange.trace.bytes_in += tunnel.bytes_in
            exchange.trace.bytes_out += tunnel.bytes_out
        exchange.finish(reason)

    tunnel = Tunnel(service, client.transport, upstream.transport, ended)
    endpoint.tunnels.add(tunnel)
    if exchange.request.upgrade.lower() == b"websocket":
        tunnel.frames = Frames()
        tunnel.frames.feed(rest)
    if ended_early:
        # The client had half-closed before the protocols were switched: nobody will say so again.
        tunnel.client.eof_received()
