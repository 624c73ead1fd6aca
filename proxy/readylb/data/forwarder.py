"""One request on its way: picks an endpoint, sends, tries another where that is safe, answers where not.

The pick and the rise of the endpoint's in-flight count are one synchronous step, and so are the last
look at the table and the write. `core.retry` decides what a failure means.
"""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic
from typing import TYPE_CHECKING

from readylb.core.http1.exchange import UNTIL_CLOSE, Request, Response
from readylb.core.http1.framing import is_switching
from readylb.core.http1.headers import request_head, response_head
from readylb.core.http1.responses import Refusal, final_recipient, render
from readylb.core.retry import Decision, Failure, decide, is_idempotent
from readylb.core.termination import Termination
from readylb.data import refusals
from readylb.data.ends import proxy_header
from readylb.data.flow import NOT_CONNECTED, PEER_FULL, hold, release
from readylb.data.pool import EndpointState
from readylb.data.table import ServiceState
from readylb.data.trace import Trace
from readylb.data.tunnel import join
from readylb.data.upstream import Upstream
from readylb.wire.messages import PassiveReport

if TYPE_CHECKING:
    from readylb.data.downstream import Downstream

_REPORT_EVERY_SECONDS = 0.25
# Looked up once: almost every exchange ends so.
_COMPLETED = Termination.COMPLETED.value
_OPENING, _WAITING, _STREAMING = range(3)


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
        self.head_out = False
        self.closes = False
        self.status = 0
        self.held: list[bytes] | None = []
        self.proven = False
        self._held_bytes = 0
        self._idempotent = is_idempotent(request.method)
        self._phase = _OPENING
        self._reused = False
        self.tries = 0
        self._failed_at: list[EndpointState] = []
        self.trace = None if service.access_log is None else Trace()
        self.started = monotonic()

    def start(self) -> None:
        """Give the request to an endpoint, or answer 503 where none may have it."""
        eligible = self.service.table.eligible
        if self.request.max_forwards == 0:
            self._answer_here()
        elif eligible:
            full = self.service.full() if self.service.settings.limits.endpoint_connections else ()
            if len(full) < len(eligible):
                self._attempt(self._pick(full))
            else:
                self._refuse(refusals.full(self.service), Termination.ENDPOINTS_FULL)
        else:
            self._refuse(refusals.unavailable(self.service), Termination.NO_READY_ENDPOINTS)

    def opened(self, upstream: Upstream) -> None:
        """Send over a connection just made."""
        self._send(upstream)

    def body(self, piece: bytes) -> None:
        """Pass on a piece of the request body, as it came."""
        if self.trace is not None:
            self.trace.bytes_in += len(piece)
        held = self.held
        if held is not None:
            replay_bytes = self.service.settings.limits.replay_bytes
            if self.proven and (not self._idempotent or self._held_bytes + len(piece) > replay_bytes):
                self.held = None
            else:
                held.append(piece)
                self._held_bytes += len(piece)
        upstream = self.upstream
        if upstream is not None and upstream.made:
            upstream.transport.write(piece)
            if self._phase == _WAITING:
                self.client.deadline = (
                    self.service.sweep.now + self.service.settings.limits.body_stall_seconds
                )
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
        held = self._held_bytes
        if not self._idempotent or (held and held > self.service.settings.limits.replay_bytes):
            self.held = None
        if self.trace is not None and not self._reused:
            self.trace.connected()

    # what the upstream says

    def interim(self, response: Response) -> None:
        """Pass a 1xx on (RFC 9110 §15.2), except to HTTP/1.0."""
        self._await_response()
        if self.request.minor:
            self.write(response_head(response, minor=1, close=False, body=0, date=b""))

    def switch(self, response: Response, rest: bytes) -> bool:
        """Make the two connections a tunnel, if the client asked for that; say whether it did."""
        upstream = self.upstream
        if upstream is None or not is_switching(response, self.request):
            return False
        self.status = response.status
        upstream.exchange = None
        self.write(response_head(response, minor=1, close=False, body=0, date=b"") + rest)
        early = self.client.leave()
        if early:
            upstream.transport.write(early)
        join(self, self.client.transport, upstream)
        return True

    def head_goes_out(self, status: int, client_body: int) -> bool:
        """Note the final status; say whether the client's connection ends with this response."""
        self.head_out = True
        self.status = status
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
        """Note that the response moves."""
        self.client.deadline = self.service.sweep.now + self.service.settings.limits.response_stall_seconds

    def progress_after_stall(self) -> None:
        """Note that the client reads again."""
        if self._phase == _STREAMING:
            self.progress()

    def completed(self) -> None:
        """End well: the response is complete."""
        self._leave_endpoint()
        self.finish(_COMPLETED)
        self.client.finished(close=self.closes)

    def failed(self, failure: Failure) -> None:
        """Decide about an attempt that failed, whose connection is gone or going."""
        endpoint = self.endpoint
        self._leave_endpoint()
        self._report(failure)
        # A connection that died while it was idle is no try of the endpoint.
        stale = failure is Failure.RESET and self._reused
        tries = self.service.settings.limits.tries + stale
        decision = decide(
            failure,
            idempotent=self._idempotent,
            body_held=self.held is not None,
            head_out=self.head_out,
            tries_left=tries - self.tries,
        )
        if decision is Decision.RETRY and self._again(endpoint, stale=stale):
            return
        if decision is Decision.CUT:
            self.finish(failure.value)
            self.client.cut()
        elif not self.service.table.eligible:
            self._refuse(refusals.unavailable(self.service), Termination.NO_READY_ENDPOINTS)
        else:
            status = 504 if decision is Decision.ANSWER_504 else 502
            self._refuse(refusals.failed(self.service, endpoint, failure, status), failure.value)

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
            self.client.cut()
        else:
            self._refuse(refusal, reason)

    def expired(self) -> None:
        """Act on the end of patience, whose meaning the phase tells."""
        upstream = self.upstream
        if upstream is None:
            return
        if self._phase == _OPENING:
            if upstream.is_unsent():
                upstream.discard()
                self.failed(Failure.CONNECT_TIMEOUT)
            else:
                self._phase = _WAITING
                self._await_response()
        elif self._phase == _STREAMING:
            stalled = Termination.CLIENT_STALLED if self.client.full else Termination.RESPONSE_STALLED
            self.abandon(stalled)
            self.client.cut()
        elif not self.body_complete and not self.client.held & PEER_FULL:
            refusal = Refusal(408, "the request body did not arrive in time")
            self.reject(refusal, Termination.REQUEST_TIMEOUT)
        else:
            upstream.discard()
            self.failed(Failure.RESPONSE_TIMEOUT)

    def finish(self, reason: str) -> None:
        """Count the exchange, once, under the reason it ended for."""
        now = monotonic()
        self.service.counters.record(self.status, reason, now - self.started)
        if self.trace is not None:
            self.trace.finish(self, reason, now)

    # attempts

    def _pick(self, avoid: Collection[EndpointState] = ()) -> EndpointState:
        service = self.service
        keyed = service.keyed
        if keyed is None:
            return service.policy.pick(service.table.eligible, b"", avoid)
        request = self.request
        client = self.client.peer.address.decode()
        return keyed.pick(service.table, service.sweep.now, client, request.head, request.target, avoid)

    def _attempt(self, endpoint: EndpointState, *, fresh: bool = False) -> None:
        self.tries += 1
        self.endpoint = endpoint
        endpoint.in_flight += 1
        # A connection that begins with the PROXY protocol belongs to one client.
        fresh = fresh or self.service.settings.send_proxy > 0
        upstream = None if fresh else endpoint.take(proven=not self._idempotent)
        if upstream is not None:
            self._reused = self.proven = True
            self._phase = _WAITING
            self.upstream = upstream
            upstream.exchange = self
            self._await_response()
            self._send(upstream)
            return
        self._reused = self.proven = False
        self._phase = _OPENING
        self.upstream = upstream = Upstream(endpoint, self.service.sweep)
        upstream.exchange = self
        self.client.deadline = self.service.sweep.now + self.service.settings.limits.connect_seconds
        if self.trace is not None:
            self.trace.attempted()
        try:
            upstream.socket = endpoint.open(upstream)
        except OSError:
            upstream.discard()
            self.failed(Failure.UNREACHABLE)

    def _send(self, upstream: Upstream) -> None:
        endpoint = self.endpoint
        if not endpoint.eligible:
            upstream.discard()
            self.failed(Failure.WITHDRAWN)
            return
        if endpoint.uid not in self.service.table.eligible_uids:
            self.service.counters.to_unready += 1
        endpoint.requests += 1
        out = request_head(self.request, self.client.peer, endpoint.host_field)
        version = self.service.settings.send_proxy
        if version:
            out = proxy_header(version, self.client.transport, self.client.told) + out
        if self.held:
            out += b"".join(self.held)
        if self.proven:
            self.prove()
        upstream.begin(out, prove=not self.proven and (self.request.body != 0 or self.trace is not None))
        if self.client.full:
            hold(upstream, PEER_FULL)
        if self.client.held:
            release(self.client, NOT_CONNECTED)

    def _again(self, endpoint: EndpointState, *, stale: bool) -> bool:
        """Try another endpoint; the same one only where a connection kept idle had died."""
        self._failed_at.append(endpoint)
        eligible = self.service.table.eligible
        avoid = (*self._failed_at, *self.service.full())
        others = [other for other in eligible if other not in avoid]
        if not others and not (stale and endpoint.eligible):
            return False
        self.service.counters.retries += 1
        if others:
            self._attempt(self._pick(avoid), fresh=stale)
        else:
            self._attempt(endpoint, fresh=True)
        return True

    def _leave_endpoint(self) -> None:
        self.upstream = None
        endpoint = self.endpoint
        endpoint.in_flight -= 1
        if not endpoint.eligible:
            endpoint.left(endpoint)
        if self.client.held & PEER_FULL:
            release(self.client, PEER_FULL)

    def _await_response(self) -> None:
        limits = self.service.settings.limits
        seconds = limits.response_head_seconds if self.body_complete else limits.body_stall_seconds
        self.client.deadline = self.service.sweep.now + seconds

    def _report(self, failure: Failure) -> None:
        if failure is Failure.WITHDRAWN or (failure is Failure.RESET and self._reused):
            return
        endpoint = self.endpoint
        endpoint.failures += 1
        now = self.service.sweep.now
        if now - endpoint.reported_at >= _REPORT_EVERY_SECONDS:
            endpoint.reported_at = now
            self.service.report(PassiveReport(key=self.service.key, uid=endpoint.uid, reason=failure.value))

    def _answer_here(self) -> None:
        request = self.request
        close = not self.body_complete or not request.keep_alive or self.service.closing
        response = final_recipient(request.method, request.head, close=close, date=self.service.sweep.date)
        self._say(200, _COMPLETED, response, close=close)

    def _refuse(self, refusal: Refusal, reason: str) -> None:
        request = self.request
        close = not self.body_complete or not request.keep_alive or self.service.closing
        head_only = request.method == b"HEAD"
        response = render(refusal, close=close, date=self.service.sweep.date, head_only=head_only)
        self._say(refusal.status, reason, response, close=close)

    def _say(self, status: int, reason: str, response: bytes, *, close: bool) -> None:
        self.status = status
        if self.trace is not None:
            self.trace.bytes_out += len(response)
        self.finish(reason)
        self.client.say(response, close=close)
