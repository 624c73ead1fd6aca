"""The endpoint-side connection: reads the response, rewrites its head once, passes its body on as it comes.

A response is as suspect as a request. Whatever is wrong with one ends the connection; only a
connection whose request and response have both ended cleanly goes back to the pool.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from readylb.core.http1.chunks import ChunkError, ChunkScanner
from readylb.core.http1.exchange import CHUNKED, UNTIL_CLOSE, Response
from readylb.core.http1.headers import response_head, trailer_lines
from readylb.core.http1.syntax import is_broken
from readylb.core.retry import Failure
from readylb.data.connect_errors import is_never_connected, is_refusal
from readylb.data.drive import disown
from readylb.data.flow import PEER_FULL, SPLICED, hold_client, is_silent, release, send_now
from readylb.data.heads import read_response
from readylb.data.last_words import hear_out
from readylb.data.pool import EndpointState
from readylb.data.splice import LONG_BYTES, Splice, splice
from readylb.data.sweep import NEVER, Sweep

if TYPE_CHECKING:
    from readylb.data.forwarder import Exchange

_IDLE: Final = 0
_HEAD: Final = 1
_LENGTH: Final = 2
_CHUNKED: Final = 3
_UNTIL_CLOSE: Final = 4
_CLOSED: Final = 5
_WORDS = ("idle", "head", "length", "chunked", "until-close", "closed")
_OK: Final = 200
_SWITCHING: Final = 101
# Body bytes up to this are copied behind the head into one write; more go out beside it uncopied.
_JOIN_BYTES: Final = 16384


class Upstream(asyncio.Protocol):
    """One connection to one endpoint, with at most one exchange at a time."""

    __slots__ = (
        "_buffer",
        "_client_body",
        "_interims",
        "_nominated",
        "_reusable",
        "_scanner",
        "_seen",
        "_state",
        "_sweep",
        "deadline",
        "endpoint",
        "exchange",
        "held",
        "idle_since",
        "left",
        "made",
        "socket",
        "splice",
        "transport",
        "written",
    )

    transport: asyncio.Transport

    def __init__(self, endpoint: EndpointState, sweep: Sweep) -> None:
        """Wait for the connection to be made."""
        self._sweep = sweep
        self._state = _IDLE
        self._buffer = b""
        self.left = 0  # body bytes to come
        self._nominated: tuple[bytes, ...] = ()
        self._client_body = 0
        self._scanner: ChunkScanner | None = None
        self._seen = self._reusable = False
        self._interims = 0
        # Bytes of the running request that were handed to the transport; 0 where others have left before.
        self.written = 0
        self.endpoint = endpoint
        self.exchange: Exchange | None = None
        self.deadline = NEVER
        self.held = 0
        self.idle_since = 0.0
        self.made = False
        self.socket: socket.socket | None = None
        self.splice: Splice | None = None

    def __repr__(self) -> str:
        """Show state and endpoint."""
        return f"<Upstream {_WORDS[self._state]} to {self.endpoint.name}>"

    def begin(self, out: bytes, *, prove: bool) -> None:
        """Send the request `out` of `exchange`. `prove`: tell the exchange when the kernel has it all."""
        self._state = _HEAD
        self._seen = False
        self._interims = 0
        self.written = len(out)
        self.deadline = NEVER
        if prove:
            self.transport.set_write_buffer_limits(high=0)
        self.transport.write(out)
        if prove and self.transport.get_write_buffer_size() == 0 and not self.transport.is_closing():
            self.resume_writing()

    def begin_once(self, out: bytes) -> bool:
        """Send a request that must not be repeated over a connection kept idle.

        False: the kernel has taken no byte of it, so it may go another way whatever it asks for.
        """
        connection = self.socket
        if connection is None or self.transport.is_closing():
            return False
        sent = send_now(connection, out)
        if sent < 0:
            return False
        self.begin(out[sent:], prove=False)
        if sent:
            self.written = 0
        return True

    def is_unsent(self) -> bool:
        """Say whether certainly no byte of the request has left this machine."""
        return not self.made or (
            self.written > 0 and self.transport.get_write_buffer_size() >= self.written and not self._seen
        )

    def is_open(self) -> bool:
        """Ask the kernel whether an idle connection is open and silent."""
        return not self.transport.is_closing() and self.socket is not None and is_silent(self.socket)

    def discard(self) -> None:
        """Close without another word; whatever exchange there was is no longer told."""
        self.exchange = None
        self._state = _CLOSED
        if self.splice is not None:
            self.splice.stop()
        if self.made:
            self.transport.abort()

    def withdraw(self, *, deserted: bool) -> None:
        """Give an unsent request back: its endpoint may not have it any more.

        `deserted`: one that was sent and has no byte of a response may go elsewhere as well.
        """
        exchange = self.exchange
        if exchange is None or self._seen:
            return
        if self.is_unsent():
            self.discard()
            exchange.failed(Failure.WITHDRAWN)
        elif deserted:
            exchange.deserted()

    def expired(self, now: float) -> None:
        """Close an idle connection that nobody took in time."""
        if self._state == _IDLE and self.deadline <= now:
            if self in self.endpoint.idle:
                self.endpoint.idle.remove(self)
            self.discard()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what waits, or close where it was given up meanwhile."""
        self.transport = transport  # type: ignore[assignment]  # stream protocols get stream transports
        self.made = True
        self.endpoint.connections += 1
        self._sweep.watched.add(self)
        self.endpoint.upstreams.add(self)
        if self.exchange is None:
            self.transport.abort()
        else:
            self.endpoint.opened += 1
            self.exchange.opened(self)

    def data_received(self, data: bytes) -> None:
        """Pass the response on."""
        exchange = self.exchange
        if exchange is None:
            self._leave_pool()
            self.endpoint.distrust(self.idle_since)
            self.discard()
            return
        if self._state == _HEAD:
            self._head(exchange, data)
        else:
            self._body(exchange, data)

    def eof_received(self) -> bool | None:
        """Take the end as the body's end where the body has no other."""
        exchange = self.exchange
        if exchange is not None and self._state == _UNTIL_CLOSE:
            self._complete(exchange, unasked=False)
            return None
        if exchange is None and self in self.endpoint.idle:
            self.endpoint.closed_idle(self)
        self.transport.abort()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up the exchange, if any, and every reference."""
        if self.splice is not None:
            self.splice.stop()  # what its pipe held is missing now: nothing may follow
        elif exc is not None and self.exchange is not None:
            hear_out(self)
        self._sweep.watched.discard(self)
        self.endpoint.upstreams.discard(self)
        self.endpoint.connections -= 1
        self._leave_pool()
        disown(self.endpoint.loop, self.socket)
        self.socket = None
        self._state = _CLOSED
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        if not self._seen and is_never_connected(exc):
            exchange.failed(Failure.UNREACHABLE, refused=is_refusal(exc))
        elif self._seen:
            exchange.failed(Failure.TRUNCATED)
        else:
            exchange.failed(Failure.RESET)

    def pause_writing(self) -> None:
        """Stop reading the request body."""
        if self.exchange is not None:
            hold_client(self.exchange.client, PEER_FULL, self._sweep.unread)

    def resume_writing(self) -> None:
        """Read the request body again; the kernel has what was written."""
        exchange = self.exchange
        if exchange is not None:
            if not exchange.proven:
                self.transport.set_write_buffer_limits()
                exchange.prove()
            release(exchange.client, PEER_FULL)

    # the response

    def _head(self, exchange: Exchange, data: bytes) -> None:
        self._seen = True
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        while True:
            service = exchange.service
            response = read_response(data, exchange.request.method, service.response_head_bytes)
            if not isinstance(response, Response):
                self._no_head(exchange, data, response)
                return
            if response.status >= _OK:
                self._final(exchange, response, data)
                return
            if response.status == _SWITCHING:
                if not exchange.switch(response, data[len(response.head) :]):
                    self._invalid(exchange)
                return
            self._interims += 1
            if self._interims > service.limits.interim_responses:
                self._invalid(exchange)
                return
            exchange.interim(response)
            data = data[len(response.head) :]
            if not data:
                return

    def _no_head(self, exchange: Exchange, data: bytes, wrong: str | None) -> None:
        most = exchange.service.response_head_bytes
        if wrong or len(data) > most or not b"HTTP/1.".startswith(data[:7]) or is_broken(data):
            self._invalid(exchange)
        else:
            self._buffer = data

    def _final(self, exchange: Exchange, response: Response, data: bytes) -> None:
        """Write the head, with the body bytes that came with it, and follow the body from there."""
        end = len(response.head)
        body = response.body
        minor = exchange.request.minor
        # What has no length is chunked for those who know that.
        client_body = body if body >= 0 else CHUNKED if minor else UNTIL_CLOSE
        self._client_body = client_body
        self._reusable = response.keep_alive
        if response.hop_by_hop and not self.endpoint.idle_limit.asked:
            self.endpoint.idle_limit.told(response.head)
        out = response_head(
            response,
            minor=minor,
            close=exchange.head_goes_out(response.status, client_body),
            body=client_body,
            date=self._sweep.date,
        )
        rest = len(data) - end
        if body >= 0:
            unasked = rest > body
            if unasked:
                data, rest = data[: end + body], body
            if rest <= _JOIN_BYTES:
                exchange.write(out + data[end:] if rest else out)
            else:
                exchange.write(out)
                exchange.write(data[end:])
            if rest == body:
                self._complete(exchange, unasked=unasked)
            else:
                self.left = body - rest
                self._state = _LENGTH
                if self.left >= LONG_BYTES:
                    self.splice = splice(self, exchange)
            return
        exchange.write(out)
        if body == CHUNKED:
            self._state = _CHUNKED
            self._nominated = response.nominated
            self._scanner = exchange.service.scanner(decode=client_body != CHUNKED)
        else:
            self._state = _UNTIL_CLOSE
        if rest:
            self._body(exchange, data[end:])

    def _body(self, exchange: Exchange, data: bytes) -> None:
        exchange.progress()
        if self._state == _LENGTH:
            left = self.left - len(data)
            exchange.write(data if left >= 0 else data[:left])
            if left > 0:
                self.left = left
            else:
                self._complete(exchange, unasked=left < 0)
        elif self._state == _CHUNKED:
            self._chunks(exchange, data)
        elif self._client_body == CHUNKED:
            exchange.write(b"%x\r\n%b\r\n" % (len(data), data))
        else:
            exchange.write(data)

    def _chunks(self, exchange: Exchange, data: bytes) -> None:
        scanner = self._scanner
        assert scanner is not None  # noqa: S101 - set where the state is
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        try:
            settled = scanner.scan(data, 0)
        except ChunkError:
            self._invalid(exchange)
            return
        if scanner.sink is not None:
            if scanner.sink:
                exchange.write(b"".join(scanner.sink))
                scanner.sink.clear()
        elif not scanner.trailers:
            exchange.write(data if settled == len(data) else data[:settled])
        else:
            cut = scanner.last_chunk_at
            tail = trailer_lines(scanner.trailers, self._nominated)
            exchange.write(b"%b0\r\n%b\r\n" % (data[:cut], tail))
        if scanner.done:
            self._complete(exchange, unasked=settled < len(data))
        else:
            self._buffer = data[settled:]

    def passed(self) -> None:
        """End a body that the kernel has moved."""
        release(self, SPLICED)
        if self.exchange is not None:
            self._reusable = self._reusable and self.is_open()
            self._complete(self.exchange, unasked=False)

    def _complete(self, exchange: Exchange, *, unasked: bool) -> None:
        """End the exchange; keep the connection if both directions ended cleanly, with nothing behind."""
        if self._state == _UNTIL_CLOSE and self._client_body == CHUNKED:
            exchange.write(b"0\r\n\r\n")
        self.exchange = None
        self._scanner = None
        self._state = _IDLE
        self.written = 0
        if self.held:
            release(self, PEER_FULL)
        service = exchange.service
        if unasked:
            self.endpoint.distrust(self._sweep.now)
        clean = self._reusable and exchange.body_complete and not unasked
        if clean and not service.closing and not service.send_proxy:
            self.endpoint.give_back(self, service.pool_idle_seconds)
        else:
            self.discard()
        exchange.completed()

    def _invalid(self, exchange: Exchange) -> None:
        self.discard()
        exchange.failed(Failure.INVALID)

    def _leave_pool(self) -> None:
        if self._state == _IDLE and self in self.endpoint.idle:
            self.endpoint.idle.remove(self)
