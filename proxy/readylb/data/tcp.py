"""TCP mode: each client connection is one connection to one endpoint, byte for byte.

Balanced per connection. Until an endpoint has accepted, what the client sends is held, so that a
refused connection goes to another endpoint and the client never knows.
"""

from __future__ import annotations

import asyncio
import socket
from time import monotonic

from readylb.core.proxy_protocol import Header
from readylb.core.retry import Failure
from readylb.core.termination import Termination
from readylb.data.connect_errors import failure_of, is_refusal
from readylb.data.drive import disown
from readylb.data.ends import proxy_header
from readylb.data.flow import NOT_CONNECTED, hold, release, reset
from readylb.data.pool import EndpointState
from readylb.data.sweep import NEVER
from readylb.data.table import ServiceState
from readylb.data.trace import Trace
from readylb.data.tunnel import End, Tunnel


class TcpDownstream(asyncio.Protocol):
    """A client connection for which an endpoint is being reached."""

    __slots__ = (
        "_address",
        "_endpoint",
        "_eof",
        "_failed_at",
        "_opening",
        "_reason",
        "_received",
        "_service",
        "_started",
        "_told",
        "_trace",
        "_tries",
        "deadline",
        "held",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, service: ServiceState, address: str = "", told: Header | None = None) -> None:
        """Wait for the connection of a client at `address`; `told`: what a proxy said of its ends."""
        self._told = told
        self._service = service
        self._address = address
        self._endpoint: EndpointState | None = None
        self._opening: _Opening | None = None
        self._failed_at: list[EndpointState] = []
        self._received: list[bytes] = []
        self._tries = 0
        self._started = 0.0
        # Why it ends, unless the client ends it.
        self._reason = ""
        self._trace = Trace()
        self._eof = False
        self.deadline = NEVER
        self.held = 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Reach for an endpoint; close at once where none may have traffic."""
        self.transport = transport  # type: ignore[assignment]  # stream protocols get stream transports
        service = self._service
        service.counters.connections += 1
        service.counters.open_connections += 1
        service.clients.add(self)
        service.sweep.watched.add(self)
        self._started = monotonic()
        if service.send_proxy:
            # In front of what the client says, to whichever endpoint gets that.
            self._received.append(proxy_header(service.send_proxy, self.transport, self._told))
        self._attempt()

    def data_received(self, data: bytes) -> None:
        """Hold what comes before the endpoint is there."""
        self._service.counters.bytes_in += len(data)
        self._trace.bytes_in += len(data)
        self._received.append(data)
        hold(self, NOT_CONNECTED)
        opening = self._opening
        if opening is not None and opening.made:
            opening.send(data)

    def eof_received(self) -> bool:
        """Remember the half-close for when the endpoint is there."""
        self._eof = True
        self._accept_if_connected()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why makes no difference
        """Give the endpoint up."""
        if self._opening is not None:
            self._opening.give_up()
            self._opening = None
            if self._endpoint is not None:
                self._endpoint.release()
        self._leave()
        self._ended(self._reason or Termination.CLIENT_GONE)

    # what the worker says

    def is_under_way(self) -> bool:
        """Say that an endpoint has, or will have, something to do for it."""
        return True

    def drain(self) -> None:
        """Go on: a connection has until the drain deadline."""

    def cut(self) -> None:
        """End at once."""
        self._reason = Termination.DRAINED
        reset(self.transport)

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Stop waiting for an endpoint that does not accept.

        One that has accepted, and whose kernel does not take all that was held, is no failure.
        """
        self.deadline = NEVER
        opening = self._opening
        if opening is None or self._accept_if_connected() or (opening.made and opening.is_connected()):
            return
        opening.give_up()
        self.failed(Failure.CONNECT_TIMEOUT)

    # what the endpoint's side says

    def failed(self, failure: Failure, *, refused: bool = False) -> None:
        """Try another endpoint: nothing was sent to this one."""
        endpoint = self._endpoint
        self._opening = None
        if endpoint is not None:
            endpoint.release()
            self._reason = failure.value
            self._failed_at.append(endpoint)
            self._service.blame(endpoint, failure, refused=refused)
        if not self.transport.is_closing():
            self._attempt()

    def accepted(self, opening: _Opening) -> None:
        """Join the two connections."""
        endpoint = self._endpoint
        if endpoint is None or self._opening is not opening:
            opening.give_up()
            return
        self._opening = None
        self._trace.connected()
        self._received = []
        self._leave()
        release(self, NOT_CONNECTED)

        def ended(reason: str) -> None:
            endpoint.tunnels.discard(tunnel)
            endpoint.connections -= 1
            endpoint.release()
            disown(self._service.loop, opening.socket)
            self._trace.bytes_in += tunnel.bytes_in
            self._trace.bytes_out += tunnel.bytes_out
            self._ended(reason)

        tunnel = Tunnel(self._service, self.transport, opening.transport, ended)
        endpoint.tunnels.add(tunnel)
        if self._eof:
            tunnel.client.eof_received()

    # attempts

    def _accept_if_connected(self) -> bool:
        """Ask the kernel: while neither side has said anything, no callback tells of the connection."""
        opening = self._opening
        if opening is None or self._received or not opening.made or not opening.is_connected():
            return False
        opening.accept()
        return True

    def _attempt(self) -> None:
        service = self._service
        full = service.full()
        failed = (*self._failed_at, *full)
        left = [other for other in service.table.eligible if other not in failed]
        if not left or self._tries >= service.limits.tries:
            nobody = Termination.ENDPOINTS_FULL if full else Termination.NO_READY_ENDPOINTS
            self._reason = self._reason or nobody
            reset(self.transport)
            return
        if self._tries:
            service.counters.retries += 1
        self._tries += 1
        keyed = service.keyed
        if keyed is None:
            endpoint = service.policy.pick(service.table.eligible, b"", failed)
        else:
            endpoint = keyed.pick(service.table, service.sweep.now, self._address, avoid=failed)
        self._endpoint = endpoint
        endpoint.in_flight += 1
        endpoint.requests += 1
        self.deadline = service.sweep.now + service.limits.connect_seconds
        self._trace.attempted()
        opening = self._opening = _Opening(self, service.loop)
        try:
            opening.socket = endpoint.open(opening)
        except OSError as error:
            self.failed(failure_of(error), refused=is_refusal(error))

    def opened(self, opening: _Opening) -> None:
        """Send what was held over a connection that may still be under way."""
        endpoint = self._endpoint
        if self._opening is not opening or endpoint is None:
            opening.give_up()
            return
        if not endpoint.eligible:
            opening.give_up()
            self.failed(Failure.WITHDRAWN)
            return
        endpoint.connections += 1
        if endpoint.uid not in self._service.table.eligible_uids:
            self._service.counters.to_unready += 1
        if opening.is_connected():
            if self._received:
                opening.transport.write(b"".join(self._received))
            self.accepted(opening)
            return
        opening.transport.set_write_buffer_limits(high=0)
        if self._received:
            opening.send(b"".join(self._received))

    def refused(self, opening: _Opening, error: Exception | None) -> None:
        """Take note that a connection was lost before it was made."""
        if self._opening is opening:
            if self._endpoint is not None:
                self._endpoint.connections -= 1
            self.failed(Failure.UNREACHABLE, refused=is_refusal(error))

    def _leave(self) -> None:
        self._service.clients.discard(self)
        self._service.sweep.watched.discard(self)

    def _ended(self, reason: str) -> None:
        service = self._service
        service.counters.open_connections -= 1
        now = monotonic()
        service.counters.record(0, reason, now - self._started)
        pod = self._endpoint.name if self._endpoint is not None else ""
        self._trace.ended(service, self._address, pod, self._tries, now - self._started, reason)


class _Opening(asyncio.Protocol):
    """The endpoint's side until it is known to have accepted."""

    __slots__ = ("_client", "_loop", "made", "socket", "transport")

    transport: asyncio.Transport

    def __init__(self, client: TcpDownstream, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._client: TcpDownstream | None = client
        self.made = False
        self.socket: socket.socket | None = None

    def is_connected(self) -> bool:
        if self.socket is None:
            return False
        try:
            self.socket.getpeername()
        except OSError:
            return False
        return True

    def send(self, data: bytes) -> None:
        """Write what is held. The kernel may take it at once: it has just connected, and calls nobody."""
        self.transport.write(data)
        if self.transport.get_write_buffer_size() == 0 and not self.transport.is_closing():
            self.accept()

    def give_up(self) -> None:
        self._client = None
        if self.made:
            # It may have been sent a part of what its client says.
            reset(self.transport)

    def accept(self) -> End | None:
        """Join the two connections; return the end that has taken over."""
        client, self._client = self._client, None
        if client is None:
            return None
        self.transport.set_write_buffer_limits()
        client.accepted(self)
        end = self.transport.get_protocol()
        return end if isinstance(end, End) else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # stream protocols get stream transports
        self.made = True
        if self._client is None:
            self.transport.abort()
        else:
            self._client.opened(self)

    def resume_writing(self) -> None:
        # What was held has left, so the connection stands.
        self.accept()

    def data_received(self, data: bytes) -> None:
        end = self.accept()
        if end is not None:
            end.data_received(data)

    def eof_received(self) -> bool:
        end = self.accept()
        return end is not None and end.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        disown(self._loop, self.socket)
        client, self._client = self._client, None
        if client is not None:
            client.refused(self, exc)
