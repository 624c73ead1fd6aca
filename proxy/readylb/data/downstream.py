"""The client-side connection: one request at a time, in the order they came.

What is received behind a request waits in one buffer, unparsed; reading pauses when it grows. So
pipelined requests are answered in order, and bytes behind an upgrade are never taken for a request.
"""

from __future__ import annotations

import asyncio
from typing import Final

from readylb.core.drain import FIRST_REQUEST_SECONDS, LINGER_SECONDS
from readylb.core.http1.chunks import ChunkError, ChunkScanner
from readylb.core.http1.exchange import CHUNKED, Request
from readylb.core.http1.framing import refuse_unfinished
from readylb.core.http1.headers import Peer, trailer_lines
from readylb.core.http1.responses import Refusal, render
from readylb.core.http1.syntax import EMPTY_LINES
from readylb.core.proxy_protocol import Header
from readylb.core.termination import Termination, of_refusal
from readylb.data.flow import BACKLOG, PEER_FULL, has_unread, hold, hold_client, release, reset
from readylb.data.forwarder import Exchange
from readylb.data.half_closed import HalfClosed
from readylb.data.heads import read_request
from readylb.data.refusals import too_large
from readylb.data.table import ServiceState
from readylb.data.trace import refused

# Pipelined bytes that may wait behind a running request. A few dozen ordinary heads.
BACKLOG_BYTES: Final = 32768

_CR: Final = 13
_HEAD: Final = 0
_BODY: Final = 1
_WAIT: Final = 2
_LINGER: Final = 3
_CLOSING: Final = 4
_LEFT: Final = 5
_WORDS = ("head", "body", "wait", "linger", "closing", "left")


class Downstream(asyncio.Protocol):
    """One client connection."""

    __slots__ = (
        "_address",
        "_body_left",
        "_buffer",
        "_eof",
        "_exchange",
        "_head_begun",
        "_peer",
        "_running",
        "_scanner",
        "_searched",
        "_service",
        "_state",
        "deadline",
        "full",
        "held",
        "told",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, service: ServiceState, address: str = "", told: Header | None = None) -> None:
        """Wait for the connection of a client at `address`; `told`: what a proxy said of its ends."""
        self.told = told
        self._service = service
        self._address = address
        self._state = _HEAD
        self._buffer = b""
        self._searched = 0
        self._body_left = 0
        self._scanner: ChunkScanner | None = None
        self._exchange: Exchange | None = None
        self._peer: Peer | None = None
        self._eof = False
        self._running = False
        self._head_begun = False
        self.deadline = 0.0
        self.full = False
        self.held = 0

    def __repr__(self) -> str:
        """Show the state."""
        return f"<Downstream {_WORDS[self._state]} buffered={len(self._buffer)}>"

    @property
    def peer(self) -> Peer:
        """The client's address as heads tell it."""
        peer = self._peer
        if peer is None:
            trusted = self._service.trusts(self._address)
            peer = self._peer = Peer(self._address.encode() or b"unknown", trusted=trusted)
        return peer

    # what the exchange says

    def finished(self, *, close: bool) -> None:
        """Take the next request, or end: the response is complete."""
        self._exchange = None
        if close:
            self._end(linger=self._state != _WAIT)
        else:
            self._next()

    def say(self, response: bytes, *, close: bool) -> None:
        """Answer with a whole response of our own."""
        self._exchange = None
        self.transport.write(response)
        self._service.counters.bytes_out += len(response)
        if close:
            self._end(linger=True)
        else:
            self._next()

    def reset(self) -> None:
        """End at once, in a way that no client can take for a clean end."""
        self._state = _CLOSING
        self._exchange = None
        reset(self.transport)

    def leave(self) -> tuple[bytes, bool]:
        """Hand the transport over; return what was received and not used, and whether nothing follows it."""
        early, self._buffer = self._buffer, b""
        self._state = _LEFT
        self._exchange = None
        self._service.sweep.watched.discard(self)
        self._service.clients.discard(self)
        release(self, BACKLOG | PEER_FULL)
        return early, self._eof

    # what the worker says

    def is_under_way(self) -> bool:
        """Say whether there is, or may be, a request that is not answered yet."""
        return self._state in {_HEAD, _BODY, _WAIT}

    def cut(self) -> None:
        """End at once what the grace of a drain was not enough for."""
        if self._exchange is not None:
            self._exchange.abandon(Termination.DRAINED)
        self.reset()

    def drain(self) -> None:
        """End where nothing is under way; otherwise the running response will say close."""
        if self._state != _HEAD or self._buffer or has_unread(self.transport):
            return
        if self._peer is None:
            # It has just connected: its request is on the way, and no client would repeat it.
            self.deadline = min(self.deadline, self._service.sweep.now + FIRST_REQUEST_SECONDS)
        else:
            self._end(linger=False)

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Act on the end of patience."""
        exchange = self._exchange
        if exchange is not None:
            exchange.expired()
        elif self._state != _HEAD:
            self.transport.abort()
        elif self._buffer:
            self._refuse(Refusal(408, "the request head did not arrive in time"), self._buffer)
        elif not has_unread(self.transport):
            self._end(linger=False)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self.transport = transport  # type: ignore[assignment]  # stream protocols get stream transports
        service = self._service
        service.counters.connections += 1
        service.counters.open_connections += 1
        service.clients.add(self)
        service.sweep.watched.add(self)
        self.deadline = service.sweep.now + service.limits.head_seconds
        if service.closing:
            self.drain()

    def data_received(self, data: bytes) -> None:
        """Go as far as the bytes allow."""
        self._service.counters.bytes_in += len(data)
        if self._state > _WAIT:
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self._state != _WAIT:
            self._run()
        elif len(self._buffer) > BACKLOG_BYTES:
            hold_client(self, BACKLOG, self._service.sweep.unread)

    def eof_received(self) -> bool:
        """Let a half-closed client have its answer (RFC 9112 §9.6); end where none is due."""
        self._eof = True
        if self._state > _WAIT or (self._state == _HEAD and not self._buffer):
            return False
        self._refuse_rest()
        if self._exchange is not None:
            HalfClosed(self, self._exchange)
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why makes no difference
        """Cancel what runs and give up every reference."""
        service = self._service
        service.sweep.watched.discard(self)
        service.clients.discard(self)
        service.counters.open_connections -= 1
        self._state = _CLOSING
        self._buffer = b""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.abandon(Termination.CLIENT_GONE)

    def pause_writing(self) -> None:
        """Stop reading the response."""
        self.full = True
        exchange = self._exchange
        if exchange is not None and exchange.upstream is not None and exchange.upstream.made:
            hold(exchange.upstream, PEER_FULL)

    def resume_writing(self) -> None:
        """Read the response again, or take the next request."""
        self.full = False
        exchange = self._exchange
        if exchange is None:
            self._run()
        elif exchange.upstream is not None:
            release(exchange.upstream, PEER_FULL)
            exchange.progress_after_stall()

    # the request

    def _run(self) -> None:
        if self._running:
            return
        self._running = True
        moved = True
        while moved and self._buffer:
            if self._state == _HEAD and not self.full:
                moved = self._head()
            elif self._state == _BODY:
                moved = self._body()
            else:
                moved = False
        self._running = False
        if self._eof:
            self._refuse_rest()

    def _refuse_rest(self) -> None:
        """Refuse what can no longer come whole: the client has said all it will."""
        if self._state == _BODY and self._exchange is not None:
            self._exchange.reject(Refusal(400, "the request body ended too early"), Termination.CLIENT_GONE)
        elif self._state != _HEAD or self.full:
            return
        elif self._buffer:
            self._refuse(Refusal(400, "the request head ended too early"), self._buffer)
        else:
            self._end(linger=False)

    def _head(self) -> bool:
        """Take one request head off the buffer; False: it has not come yet."""
        data = self._buffer
        limits = self._service.limits
        if data[0] <= _CR:
            # RFC 9112 §2.2: empty lines before a request line are ignored.
            empty = EMPTY_LINES.match(data)
            if empty is not None:
                self._buffer = data[empty.end() :]
                self._searched = 0
                return True
            if data == b"\r":
                return False
        request = None
        if not self._searched or data.find(b"\r\n\r\n", self._searched) >= 0:
            request = read_request(data, limits)
        if request is None:
            self._unfinished(data)
            return False
        self._searched = 0
        self._head_begun = False
        if isinstance(request, Refusal):
            self._refuse(request, data[: data.find(b"\r\n\r\n") + 4])
        elif request.body > 0 and limits.body_bytes and request.body > limits.body_bytes:
            self._refuse(too_large(limits.body_bytes), request.head)
        else:
            self._buffer = data[len(request.head) :]
            self._begin(request)
        return True

    def _unfinished(self, data: bytes) -> None:
        limits = self._service.limits
        refusal = refuse_unfinished(data, limits.request_line_bytes, limits.head_bytes, self._searched)
        if refusal is not None:
            self._refuse(refusal, data)
            return
        self._searched = max(0, len(data) - 3)
        if not self._head_begun:
            self._head_begun = True
            self.deadline = self._service.sweep.now + limits.head_seconds

    def _begin(self, request: Request) -> None:
        body = request.body
        if body == 0:
            self._state = _WAIT
        else:
            self._state = _BODY
            self._body_left = body
            self._scanner = self._service.scanner() if body == CHUNKED else None
        self._exchange = exchange = Exchange(self, self._service, request)
        exchange.start()
        if self._state == _WAIT and len(self._buffer) > BACKLOG_BYTES:
            hold_client(self, BACKLOG, self._service.sweep.unread)

    def _body(self) -> bool:
        """Pass on what the buffer holds of the request body; False: nothing more can be done."""
        exchange = self._exchange
        if exchange is None:
            return False
        data = self._buffer
        scanner = self._scanner
        if scanner is not None:
            return self._chunks(exchange, scanner, data)
        left = self._body_left
        if len(data) <= left:
            self._buffer = b""
            self._body_left = left - len(data)
        else:
            self._buffer = data[left:]
            data = data[:left]
            self._body_left = 0
        exchange.body(data)
        if self._body_left == 0:
            self._state = _WAIT
            exchange.body_ended()
        return True

    def _chunks(self, exchange: Exchange, scanner: ChunkScanner, data: bytes) -> bool:
        try:
            settled = scanner.scan(data, 0)
        except ChunkError as error:
            # What was passed on must not be completed: the endpoint's connection closes with it.
            exchange.reject(Refusal(error.status, str(error)), of_refusal(error.status))
            return False
        most = self._service.limits.body_bytes
        if most and scanner.announced > most:
            exchange.reject(too_large(most), Termination.BODY_TOO_LARGE)
            return False
        self._buffer = data[settled:]
        if scanner.trailers:
            tail = trailer_lines(scanner.trailers, exchange.request.nominated)
            data = b"%b0\r\n%b\r\n" % (data[: scanner.last_chunk_at], tail)
        elif settled < len(data):
            data = data[:settled]
        if data:
            exchange.body(data)
        if scanner.done and self._exchange is exchange:
            self._scanner = None
            self._state = _WAIT
            exchange.body_ended()
        return settled > 0

    def _refuse(self, verdict: Refusal, asked: bytes) -> None:
        """Answer what is not forwarded, `asked`, as far as it came; nothing behind it can be trusted."""
        service, reason = self._service, of_refusal(verdict.status)
        response = render(verdict, close=True, date=service.sweep.date, head_only=asked.startswith(b"HEAD "))
        service.counters.record(verdict.status, reason, 0.0)
        if service.access_log is not None:
            refused(service, self.peer.address.decode(), reason, asked, response)
        self.say(response, close=True)

    def _next(self) -> None:
        if self._state > _WAIT:
            return
        self._state = _HEAD
        self.deadline = self._service.sweep.now + self._service.idle_seconds
        if self.held:
            release(self, BACKLOG)
        if self._buffer or self._eof:
            self._run()
        elif self._service.closing:
            self._end(linger=False)

    def _end(self, *, linger: bool) -> None:
        """Close behind what is written, reading on for a while where the client may still be sending."""
        if self._state > _WAIT:
            return
        sweep = self._service.sweep
        if not self._eof and (linger or self._buffer or self.held):
            self._state = _LINGER
            self._buffer = b""
            release(self, BACKLOG | PEER_FULL)
            self.deadline = sweep.now + LINGER_SECONDS
            self.transport.write_eof()
            return
        self._state = _CLOSING
        self._buffer = b""
        self.deadline = sweep.now + self._service.limits.body_stall_seconds
        self.transport.close()
