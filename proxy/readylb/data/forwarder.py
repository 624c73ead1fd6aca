"""One request on its way: picks an endpoint, sends, tries another where that is safe, answers where not.

The pick and the rise of the endpoint's in-flight count are one synchronous step, and so are the last
look at the table and the write. `core.retry` decides what a failure means.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from readylb.core.http1.exchange import UNTIL_CLOSE, Request, Response
from readylb.core.http1.framing import is_switching
from readylb.core.http1.headers import request_head, response_head
from readylb.core.http1.responses import Refusal
from readylb.core.retry import Decision, Failure, decide, is_idempotent, needs_budget
from readylb.core.termination import Termination
from readylb.data import refusals
from readylb.data.answer import answer_here, refuse
from readylb.data.connect_errors import failure_of, is_refusal
from readylb.data.ends import proxy_header
from readylb.data.flow import NOT_CONNECTED, PEER_FULL, hold, release
from readylb.data.pool import EndpointState
from readylb.data.table import ServiceState
from readylb.data.trace import Trace
from readylb.data.tunnel import join
from readylb.data.upstream import Upstream

if TYPE_CHECKING:
    from readylb.data.downstream import Downstream

# Looked up once: almost every exchange ends so.
_COMPLETED: Final = Termination.COMPLETED.value
_SERVER_ERROR: Final = 500
# Compiled code looks a function of another module up by name each time, and a constant of its own never.
_clock: Final = monotonic
_OPENING: Final = 0
_WAITING: Final = 1
_STREAMING: Final = 2


class Exchange:
    """One request of one client and what becomes of it."""

    __slots__ = (
        "_failed_at",
        "_held_bytes",
        "_idempotent",
        "_phase",
        "_reused",
        "body_complete",
        "client",
        "closes",
        "endpoint",
        "head_out",
        "held",
        "proven",
        "request",
        "service",
        "started",
        "status",
        "trace",
        "tries",
        "upstream",
    )

    endpoint: EndpointState

    def __init__(self, client: Downstream, service: ServiceState, request: Request) -> None:
        """Describe a request that no endpoint has yet."""
        self.client = client
        self.service = service
        self.request = request
        self.upstream: Upstream | None = None
        self.body_complete = request.body == 0
        self.head_out = self.closes = self.proven = self._reused = False
        self.status = self.tries = self._held_bytes = 0
        self.held: list[bytes] | None = []
        self._idempotent = is_idempotent(request.method)
        self._phase = _OPENING
        self._failed_at: tuple[EndpointState, ...] = ()
        self.trace = None if service.access_log is None else Trace()
        self.started = _clock()

    def start(self) -> None:
        """Give the request to an endpoint, or answer 503 where none may have it."""
        eligible = self.service.table.eligible
        if self.request.max_forwards == 0:
            answer_here(self)
        elif eligible:
            full = self.service.full() if self.service.endpoint_connections else ()
            if len(full) < len(eligible):
                self._attempt(self.service.pick(self.client, self.request, full))
            else:
                refuse(self, refusals.full(self.service), Termination.ENDPOINTS_FULL)
        elif not self.service.waiting.take(self):
            refuse(self, refusals.unavailable(self.service), Termination.NO_READY_ENDPOINTS)

    def body(self, piece: bytes) -> None:
        """Pass on a piece of the request body, as it came."""
        self.request.expects_continue = False
        if self.trace is not None:
            self.trace.bytes_in += len(piece)
        held = self.held
        if held is not None:
            replay_bytes = self.service.limits.replay_bytes
            if self.proven and (not self._idempotent or self._held_bytes + len(piece) > replay_bytes):
                self.held = None
            else:
                held.append(piece)
                self._held_bytes += len(piece)
        upstream = self.upstream
        if upstream is not None and upstream.made:
            upstream.transport.write(piece)
            if upstream.written:
                upstream.written += len(piece)
            if self._phase == _WAITING:
                self.client.deadline = self.service.sweep.now + self.service.limits.body_stall_seconds
            elif self._phase == _STREAMING:
                self.progress()
        else:
            hold(self.client, NOT_CONNECTED)

    def body_ended(self) -> None:
        """Note that the whole request is out; from here on the endpoint is waited for."""
        self.body_complete = True
        if self._phase == _WAITING:
            self._await_response()

    def prove(self) -> None:
        """Note that the kernel has taken what was written: the request may arrive from now on."""
        self.proven = True
        if self._phase == _OPENING:
            self._await_response()
        held = self._held_bytes
        if not self._idempotent or (held and held > self.service.limits.replay_bytes):
            self.held = None
        if self.trace is not None and not self._reused:
            self.trace.connected()

    # what the upstream says

    def interim(self, response: Response) -> None:
        """Pass a 1xx on (RFC 9110 §15.2), except to HTTP/1.0."""
        self.request.expects_continue = False
        self._await_response()
        if self.request.minor:
            self.write(response_head(response, minor=1, close=False, body=0, date=b""))

    def switch(self, response: Response, rest: bytes) -> bool:
        """Make the two connections a tunnel, if the client asked for that; say whether it did."""
        upstream = self.upstream
        if upstream is None or not is_switching(response, self.request):
            return False
        self.status = response.status
        self.endpoint.answers[response.status // 100] += 1
        upstream.exchange = None
        self.write(response_head(response, minor=1, close=False, body=0, date=b"") + rest)
        join(self, upstream, rest)
        return True

    def head_goes_out(self, status: int, client_body: int) -> bool:
        """Note the final status; say whether the client's connection ends with this response."""
        self.head_out = True
        self.status = status
        self.endpoint.answers[status // 100] += 1
        self._phase = _STREAMING
        if self.trace is not None:
            self.trace.responded()
        self.progress()
        self.closes = (
            not self.request.keep_alive
            or not self.body_complete
            or client_body == UNTIL_CLOSE
            or self.service.closing
        )
        return self.closes

    def write(self, data: bytes) -> None:
        """Write to the client."""
        self.client.transport.write(data)
        self.service.counters.bytes_out += len(data)
        if self.trace is not None:
            self.trace.bytes_out += len(data)

    def progress(self) -> None:
        """Note that the response moves, or the rest of a request that is answered already."""
        self.client.deadline = self.service.sweep.now + self.service.response_stall_seconds

    def progress_after_stall(self) -> None:
        """Note that the client reads again."""
        if self._phase == _STREAMING:
            self.progress()

    def completed(self) -> None:
        """End well: the response is complete."""
        if self.endpoint.failing or self.status >= _SERVER_ERROR:
            self.service.count_answer(self.endpoint, self.status)
        self._leave_endpoint()
        self.finish(_COMPLETED)
        self.client.finished(close=self.closes)

    def failed(self, failure: Failure, *, refused: bool = False) -> None:
        """Decide about an attempt that failed, whose connection is gone or going."""
        endpoint = self.endpoint
        self._leave_endpoint()
        # A connection that died while it was idle is no try of the endpoint.
        stale = failure is Failure.RESET and self._reused
        if stale:
            endpoint.reuses += 1
        else:
            self.service.blame(endpoint, failure, refused=refused)
        decision = self._decide(failure, extra=stale)
        if decision is Decision.RETRY and self._again(failure, stale=stale):
            return
        if decision is Decision.CUT:
            self.finish(failure.value)
            self.client.reset()
        elif failure is Failure.STARVED:
            refuse(self, refusals.starved(self.service), failure.value)
        elif (
            not self.service.table.eligible and decision is Decision.RETRY and self.service.waiting.take(self)
        ):
            return
        elif not self.service.table.eligible and failure is not Failure.UNREACHABLE:
            refuse(self, refusals.unavailable(self.service), Termination.NO_READY_ENDPOINTS)
        else:
            status = 504 if decision is Decision.ANSWER_504 else 502
            refuse(self, refusals.failed(self.service, endpoint, failure, status), failure.value)

    def deserted(self) -> None:
        """Go elsewhere if that is safe: the endpoint has the request, and is not ready any more."""
        upstream = self.upstream
        if (
            upstream is None
            or self._decide(Failure.DESERTED) is not Decision.RETRY
            or not self.service.has_other((*self._failed_at, self.endpoint))
        ):
            return
        upstream.discard()
        self._leave_endpoint()
        self._again(Failure.DESERTED)

    # what the client side says

    def abandon(self, reason: str) -> None:
        """Cancel at the endpoint at once; nobody waits for the answer any more."""
        upstream = self.upstream
        self._leave_endpoint()
        if upstream is not None:
            upstream.discard()
        self.finish(reason)

    def reject(self, refusal: Refusal, reason: str) -> None:
        """Cancel at the endpoint, and answer in its place or cut: the request itself is wrong."""
        upstream = self.upstream
        self._leave_endpoint()
        if upstream is not None:
            upstream.discard()
        if self.head_out:
            self.finish(reason)
            self.client.reset()
        else:
            refuse(self, refusal, reason)

    def expired(self) -> None:
        """Act on the end of patience, whose meaning the phase tells."""
        upstream = self.upstream
        if upstream is None:
            self.service.waiting.leave(self)
            refuse(self, refusals.unavailable(self.service), Termination.NO_READY_ENDPOINTS)
        elif self._phase == _OPENING:
            if upstream.is_unsent():
                upstream.discard()
                self.failed(Failure.CONNECT_TIMEOUT)
            else:
                self._await_response()
                if self.request.body == 0:  # it was all out when the connection was made
                    self.client.deadline -= self.service.limits.connect_seconds
        elif self._phase == _STREAMING:
            stalled = Termination.CLIENT_STALLED if self.client.full else Termination.RESPONSE_STALLED
            self.abandon(stalled)
            self.client.reset()
        elif not (self.body_complete or self.request.expects_continue or self.client.held & PEER_FULL):
            refusal = Refusal(408, "the request body did not arrive in time")
            self.reject(refusal, Termination.REQUEST_TIMEOUT)
        else:
            upstream.discard()
            self.failed(Failure.RESPONSE_TIMEOUT)

    def finish(self, reason: str) -> None:
        """Count the exchange, once, under the reason it ended for."""
        now = _clock()
        endpoint = self.endpoint if self.tries else None
        self.service.counters.record(self.status, reason, now - self.started, endpoint)
        if self.trace is not None:
            self.trace.finish(self, reason, now)

    # attempts

    def _attempt(self, endpoint: EndpointState, *, fresh: bool = False) -> None:
        self.tries += 1
        self.endpoint = endpoint
        endpoint.in_flight += 1
        # A connection that begins with the PROXY protocol belongs to one client.
        fresh = fresh or self.service.send_proxy > 0
        upstream = None if fresh else endpoint.take(proven=not self._idempotent)
        if upstream is not None:
            self._reused = self.proven = True
            self.upstream = upstream
            upstream.exchange = self
            self._await_response()
            self.opened(upstream)
            return
        self._open(endpoint)

    def _open(self, endpoint: EndpointState) -> None:
        self._reused = self.proven = False
        self._phase = _OPENING
        self.upstream = upstream = Upstream(endpoint, self.service.sweep)
        upstream.exchange = self
        self.client.deadline = self.service.sweep.now + self.service.limits.connect_seconds
        if self.trace is not None:
            self.trace.attempted()
        try:
            upstream.socket = endpoint.open(upstream)
        except OSError as error:
            upstream.discard()
            self.failed(failure_of(error), refused=is_refusal(error))

    def opened(self, upstream: Upstream) -> None:
        """Send over a connection just made, or kept idle."""
        endpoint = self.endpoint
        if not endpoint.eligible:
            upstream.discard()
            self.failed(Failure.WITHDRAWN)
            return
        if endpoint.uid not in self.service.table.eligible_uids:
            self.service.counters.to_unready += 1
        out = request_head(self.request, self.client.peer, endpoint.host_field)
        version = self.service.send_proxy
        if version:
            out = proxy_header(version, self.client.transport, self.client.told) + out
        if self.held:
            out += b"".join(self.held)
        if not self._reused or self._idempotent:
            upstream.begin(out, prove=not self.proven and (self.request.body != 0 or self.trace is not None))
        elif not upstream.begin_once(out):
            upstream.discard()
            self._open(endpoint)
            return
        endpoint.requests += 1
        if self.proven:
            self.prove()
        if self.client.full:
            hold(upstream, PEER_FULL)
        if self.client.held:
            release(self.client, NOT_CONNECTED)

    def _decide(self, failure: Failure, *, extra: int = 0) -> Decision:
        return decide(
            failure,
            idempotent=self._idempotent,
            body_held=self.held is not None,
            head_out=self.head_out,
            tries_left=self.service.limits.tries + extra - self.tries,
        )

    def _again(self, failure: Failure, *, stale: bool = False) -> bool:
        """Try another endpoint; the same one only where a connection kept idle had died."""
        service, endpoint = self.service, self.endpoint
        self._failed_at += (endpoint,)
        others = service.has_other(self._failed_at)
        if not others and not (stale and endpoint.eligible):
            return False
        if needs_budget(failure) and not stale and not service.may_repeat():
            return False
        service.counters.retries += 1
        if others:
            endpoint = service.pick(self.client, self.request, (*self._failed_at, *service.full()))
        self._attempt(endpoint, fresh=stale)
        return True

    def _leave_endpoint(self) -> None:
        if self.upstream is None:
            self.service.waiting.leave(self)
            return
        self.upstream = None
        endpoint = self.endpoint
        endpoint.in_flight -= 1
        if not endpoint.eligible:
            endpoint.left(endpoint)
        if self.client.held & PEER_FULL:
            release(self.client, PEER_FULL)

    def _await_response(self) -> None:
        self._phase = _WAITING
        service = self.service
        seconds = service.response_head_seconds if self.body_complete else service.limits.body_stall_seconds
        self.client.deadline = service.sweep.now + seconds
