"""Patience and its end, with limits short enough to be reached here (RFC 9110 §15.5.9, §15.6.5; RFC 9112 §9.5)."""

from __future__ import annotations

from tests.conformance.case import (
    GET,
    OK,
    Answer,
    ClientHas,
    Do,
    Ending,
    EndpointHas,
    Upstream,
    case,
    chunked,
    cut_answer,
    get,
    ok,
    post,
    refused,
)

from readylb.wire.messages import Limits

_SHORT = 0.3
_HEAD = Limits(head_seconds=_SHORT)
_IDLE = Limits(idle_seconds=_SHORT)
_BODY = Limits(body_stall_seconds=_SHORT)
_RESPONSE = Limits(response_head_seconds=_SHORT)
_STALL = Limits(response_stall_seconds=_SHORT)

CASES = (
    refused("half a head", "RFC 9110 §15.5.9", b"GET / HTTP/1.1\r\nHost: a\r\n", 408, limits=_HEAD),
    refused("half a request line", "RFC 9110 §15.5.9", b"GET / HT", 408, limits=_HEAD),
    refused("noise without a line end", "RFC 9110 §15.5.9", b"hello", {400, 408}, limits=_HEAD),
    refused("a head in drops does not move its deadline", "slowloris",
            (b"G", b"E", b"T", b" ", b"/", b" H", b"TTP/1.1\r\n", b"Host: a\r\n", b"A: b\r\n"), 408, limits=_HEAD),
    case("half a head behind a served request", "RFC 9110 §15.5.9", GET + b"GET / H", status=(200, 408), ending=Ending.CLOSED, limits=_HEAD, whole=1),
    case("a client that says nothing", "RFC 9112 §9.5", (Do.CLIENT_GONE,), status=(), ending=Ending.CLOSED, limits=_HEAD, begun=0),
    case("a client that sends empty lines alone", "RFC 9112 §2.2", (b"\r\n\r\n", Do.CLIENT_GONE), status=(), ending=Ending.CLOSED, limits=_HEAD, begun=0),
    case("a client that is idle behind a request", "RFC 9112 §9.5: a close, and no 408", (GET, Do.CLIENT_GONE), OK, status=200, ending=Ending.ANY, limits=_IDLE),
    case("a body that stalls", "RFC 9110 §15.5.9", post(b"Content-Length: 5", body=b"he"), status=408, ending=Ending.CLOSED, whole=0,
         upstream=Upstream.DROPPED, limits=_BODY),
    case("chunks that stall", "RFC 9110 §15.5.9", chunked(b"2\r\nhi\r\n"), status=408, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED, limits=_BODY),
    case("a body that does not begin", "RFC 9110 §15.5.9", post(b"Content-Length: 5"), status=408, ending=Ending.CLOSED, whole=0, limits=_BODY),
    case("a body that stalls behind an early head", "RFC 9112 §8", (post(b"Content-Length: 5", body=b"he"), ClientHas(b"HTTP/1.1 200")),
         Answer((ok(b"Content-Length: 5", body=b"he"),), early=True), status=200, ending=Ending.CUT, whole=0, upstream=Upstream.DROPPED,
         limits=Limits(body_stall_seconds=_SHORT, response_stall_seconds=_SHORT)),
    case("an endpoint that says nothing", "RFC 9110 §15.6.5", get(target=b"/1"), Answer(()), status=504, upstream=Upstream.DROPPED, limits=_RESPONSE),
    case("an endpoint that says nothing to a POST", "RFC 9110 §15.6.5", post(b"Content-Length: 2", body=b"hi"), Answer(()), status=504,
         upstream=Upstream.DROPPED, limits=_RESPONSE, begun=1),
    case("an endpoint has its time from the end of the request, not of what it takes to connect", "RFC 9110 §15.6.5",
         post(b"Content-Length: 2", body=b"hi"), Answer(()), status=504, upstream=Upstream.DROPPED, begun=1,
         limits=Limits(response_head_seconds=_SHORT, connect_seconds=60)),
    case("a body that stalls has its time from its last byte, not of what it takes to connect", "RFC 9110 §15.5.9",
         post(b"Content-Length: 5", body=b"he"), status=408, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED,
         limits=Limits(body_stall_seconds=_SHORT, connect_seconds=60)),
    case("an endpoint that says half a head", "RFC 9110 §15.6.5", GET, b"HTTP/1.1 200 OK\r\nConte", status=504, upstream=Upstream.DROPPED, limits=_RESPONSE),
    case("an endpoint that says nothing to HEAD", "RFC 9110 §9.3.2", get(method=b"HEAD"), Answer(()), status=504, methods=(b"HEAD",), limits=_RESPONSE),
    case("an endpoint that says nothing to HTTP/1.0", "RFC 9110 §15.6.5", get(minor=0), Answer(()), status=504, ending=Ending.CLOSED, minor=0, limits=_RESPONSE),
    case("an endpoint that says nothing behind 100", "RFC 9110 §15.6.5", get(b"Expect: 100-continue"), b"HTTP/1.1 100 Continue\r\n\r\n", status=504,
         interim=(100,), limits=_RESPONSE),
    case("a pipelined request behind one that times out", "RFC 9112 §9.3.2", get(target=b"/1") + get(target=b"/2"), (Answer(()), OK), status=(504, 200),
         reply=b"ok", limits=_RESPONSE),
    cut_answer("a body that stalls at the endpoint", "RFC 9112 §8", ok(b"Content-Length: 5", body=b"he"), limits=_STALL),
    cut_answer("chunks that stall at the endpoint", "RFC 9112 §8", ok(b"Transfer-Encoding: chunked", body=b"2\r\nhe\r\n"), limits=_STALL),
    cut_answer("a body up to the close that stalls", "RFC 9112 §8", ok(body=b"he"), limits=_STALL),
    cut_answer("a body up to the close that stalls for HTTP/1.0", "RFC 9112 §8", ok(body=b"he"), get(minor=0), minor=0, limits=_STALL),
    case("an idle endpoint connection is not kept for ever", "RFC 9112 §9.5", (GET, Do.ENDPOINT_GONE), OK, upstream=Upstream.DROPPED,
         limits=Limits(pool_idle_seconds=_SHORT)),
    case("an idle endpoint connection that its endpoint has closed", "RFC 9112 §9.3.1", (GET, ClientHas(b"ok"), Do.ENDPOINT_GONE),
         Answer((OK, ClientHas(b"ok"), Do.CLOSE)), upstream=Upstream.DROPPED, ending=Ending.OPEN),
    case("an idle endpoint connection that its endpoint has reset", "RFC 9112 §9.3.1", (GET, ClientHas(b"ok")),
         Answer((OK, ClientHas(b"ok"), Do.RESET)), upstream=Upstream.DROPPED, ending=Ending.OPEN),
    case("a pipelined GET is repeated when its kept connection dies", "RFC 9112 §9.3.1: MAY retry idempotent methods", get(target=b"/1") + get(target=b"/2"),
         (OK, Answer((Do.CLOSE,)), ok(b"Content-Length: 5", body=b"again")), status=(200, 200), reply=b"again"),
    case("a pipelined POST is not repeated when its kept connection dies", "RFC 9110 §9.2.2: MUST NOT",
         get(target=b"/1") + post(b"Content-Length: 2", body=b"hi"), (OK, Answer((Do.CLOSE,)), ok(b"Content-Length: 5", body=b"again")), status=(200, 502),
         whole=2, not_got=(b"again",)),
    case("a GET whose fresh connection dies", "RFC 9110 §9.2.2", GET, Answer((Do.CLOSE,)), status={200, 502}),
    case("a POST whose fresh connection dies is not repeated", "RFC 9110 §9.2.2: MUST NOT", post(b"Content-Length: 2", body=b"hi"), Answer((Do.CLOSE,)),
         status=502, whole=1),
    case("a body in time is not cut by the limit", "limits", (post(b"Content-Length: 5", body=b"he"), EndpointHas(b"he"), b"llo"), OK, body=b"hello", limits=_BODY),
)  # fmt: skip
