"""Connections: persistence, pipelining, half-close, aborts, early and late responses (RFC 9112 §9)."""

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
    get,
    ok,
    post,
)

from readylb.wire.messages import Limits

_LAST = get(b"Connection: close", target=b"/last")
_BAD = b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"

_PERSISTENCE = (
    case("HTTP/1.1 stays open", "RFC 9112 §9.3", GET, OK, reply_lacks=(b"connection",), upstream=Upstream.KEPT),
    case("HTTP/1.1 with Connection: close", "RFC 9112 §9.6: MUST close", get(b"Connection: close"), OK,
         ending=Ending.CLOSED, reply_has=(b"connection: close",), upstream=Upstream.KEPT),
    case("HTTP/1.1 with Connection: CLOSE", "RFC 9110 §7.6.1: no case", get(b"Connection: CLOSE"), OK, ending=Ending.CLOSED),
    case("close among other options", "RFC 9112 §9.6", get(b"Connection: a, close ,b"), OK, ending=Ending.CLOSED),
    case("close in a second Connection field", "RFC 9112 §9.6", get(b"Connection: a", b"Connection: close"), OK, ending=Ending.CLOSED),
    case("close wins over keep-alive", "RFC 9112 §9.3", get(b"Connection: keep-alive, close"), OK, ending=Ending.CLOSED),
    case("closed is not close", "RFC 9110 §7.6.1", get(b"Connection: closed"), OK, ending=Ending.OPEN),
    case("nothing behind Connection: close is answered", "RFC 9112 §9.6: MUST NOT process", get(b"Connection: close") + get(target=b"/2"), OK,
         ending=Ending.CLOSED, whole=1, never=(b"/2",)),
    case("HTTP/1.0 closes", "RFC 9112 §9.3", get(minor=0), OK, ending=Ending.CLOSED, minor=0, reply=b"ok"),
    case("HTTP/1.0 with keep-alive stays open", "RFC 9112 §9.3", get(b"Connection: keep-alive", minor=0), OK, minor=0,
         reply_has=(b"connection: keep-alive",)),
    case("HTTP/1.0 with Keep-Alive in capitals", "RFC 9112 §9.3", get(b"Connection: Keep-Alive", minor=0), OK, minor=0),
    case("HTTP/1.0 with keep-alive and close", "RFC 9112 §9.3", get(b"Connection: keep-alive, close", minor=0), OK, ending=Ending.CLOSED, minor=0),
    case("HTTP/1.0 with Proxy-Connection closes", "RFC 9112 §C.2.2", get(b"Proxy-Connection: keep-alive", minor=0), OK, ending=Ending.CLOSED, minor=0),
    case("HTTP/1.0 is forwarded as HTTP/1.1", "RFC 9112 §2.3: MUST send its own version", get(minor=0, target=b"/x"), OK, line=b"GET /x HTTP/1.1",
         ending=Ending.CLOSED, minor=0),
    case("HTTP/1.0 and bytes behind it", "RFC 9112 §9.3", get(minor=0) + get(target=b"/2"), OK, ending=Ending.CLOSED, minor=0, never=(b"/2",)),
    case("the endpoint's close is not the client's", "RFC 9110 §7.6.1", GET, ok(b"Connection: close", b"Content-Length: 2", body=b"ok"),
         ending=Ending.OPEN, upstream=Upstream.DROPPED, reply_lacks=(b"connection",)),
    case("the client's close is not the endpoint's", "RFC 9110 §7.6.1", get(b"Connection: close"), OK, lacks=(b"connection",),
         ending=Ending.CLOSED, upstream=Upstream.KEPT),
    case("a connection without any request", "RFC 9112 §9.5", (Do.HALF_CLOSE,), status=(), ending=Ending.CLOSED, begun=0),
    case("a connection that ends behind empty lines", "RFC 9112 §2.2", (b"\r\n\r\n", Do.HALF_CLOSE), status=(), ending=Ending.CLOSED, begun=0),
    case("ten requests on one connection", "RFC 9112 §9.3", tuple(s for n in range(10) for s in (get(target=b"/n%d" % n), ClientHas(b"GET /n%d" % n))),
         status=(200,) * 10, whole=10, upstream=Upstream.KEPT),
)  # fmt: skip

_PIPELINES = (
    case("two requests in one piece", "RFC 9112 §9.3.2: MUST answer in order", get(target=b"/1") + get(target=b"/2"), status=(200, 200),
         reply=b"GET /2", whole=2),
    case("thirty requests in one piece", "RFC 9112 §9.3.2", b"".join(get(target=b"/%d" % n) for n in range(30)), status=(200,) * 30, reply=b"GET /29", whole=30),
    case("requests cut anywhere", "RFC 9112 §9.3.2", (GET + GET[:7], GET[7:] + GET[:20], GET[20:]), status=(200,) * 3, whole=3),
    case("a slow first answer", "RFC 9112 §9.3.2", get(target=b"/1") + get(target=b"/2"), (Answer((b"HTTP/1.1 200 OK\r\n", b"Content-Length: 1\r\n\r\n", b"1")), OK),
         status=(200, 200), reply=b"ok"),
    case("bodies between requests", "RFC 9112 §9.3.2",
         post(b"Content-Length: 5", body=b"hello") + chunked(b"3\r\nyou\r\n0\r\n\r\n") + get(target=b"/3"), status=(200,) * 3, reply=b"GET /3", whole=3),
    case("HEAD and GET in turn", "RFC 9112 §9.3.2", get(method=b"HEAD") + GET + get(method=b"HEAD") + GET, status=(200,) * 4,
         methods=(b"HEAD", b"GET", b"HEAD", b"GET"), whole=4),
    case("a bad request behind a good one is answered behind it", "RFC 9112 §9.3.2", GET + _BAD, status=(200, 400), ending=Ending.CLOSED, whole=1),
    case("a bad request behind five good ones", "RFC 9112 §9.3.2", GET * 5 + _BAD + GET, status=(200,) * 5 + (400,), ending=Ending.CLOSED, whole=5),
    case("a bad request behind one whose answer is slow", "RFC 9112 §9.3.2", (GET, EndpointHas(b"GET /"), _BAD),
         Answer((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", b"\r\n", b"o", b"k")), status=(200, 400), ending=Ending.CLOSED),
    case("noise behind a good request", "RFC 9112 §9.3.2", GET + b"hello\r\n\r\n", status=(200, 400), ending=Ending.CLOSED, whole=1),
    case("CL and TE behind a good request", "RFC 9112 §9.3.2", GET + chunked(b"0\r\n\r\n", b"Content-Length: 5"), status=(200, 400), ending=Ending.CLOSED, whole=1),
    case("broken chunks behind a good request", "RFC 9112 §9.3.2", GET + chunked(b"x\r\n"), status=(200, 400), ending=Ending.CLOSED, whole=1),
    case("a good request behind a bad one is not served", "RFC 9112 §9.6", _BAD + get(target=b"/2"), status=400, ending=Ending.CLOSED, begun=0),
    case("half a request behind a good one, then the end", "RFC 9112 §8", (GET + b"GET / HT", Do.HALF_CLOSE), status=(200, 400), ending=Ending.CLOSED, whole=1),
    case("many pipelined requests beyond what is buffered", "RFC 9112 §9.3.2", b"".join(get(b"X: " + b"y" * 3000, target=b"/%d" % n) for n in range(40)),
         status=(200,) * 40, reply=b"GET /39", whole=40),
    case("a close among pipelined requests", "RFC 9112 §9.6", GET + _LAST + get(target=b"/never"), status=(200, 200), ending=Ending.CLOSED, reply=b"GET /last",
         never=(b"/never",)),
    case("a POST behind a POST that the endpoint closes", "RFC 9112 §9.3.1", post(b"Content-Length: 1", body=b"1") + post(b"Content-Length: 1", body=b"2"),
         (ok(b"Content-Length: 2", b"Connection: close", body=b"ok"), OK), status=(200, 200), whole=2),
)  # fmt: skip

_HALF = (
    case("a half-closed client gets its answer", "RFC 9112 §9.6", (GET, Do.HALF_CLOSE), OK, ending=Ending.ANY, reply=b"ok"),
    case("a half-closed client gets a slow answer", "RFC 9112 §9.6", (GET, EndpointHas(b"GET /"), Do.HALF_CLOSE),
         Answer((b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n\r\no", b"k")), ending=Ending.ANY, reply=b"ok"),
    case("a half-closed client gets all its answers", "RFC 9112 §9.6", (GET * 3, Do.HALF_CLOSE), status=(200,) * 3, ending=Ending.ANY, whole=3),
    case("a half-closed client gets its answer to a POST", "RFC 9112 §9.6", (post(b"Content-Length: 2", body=b"hi"), Do.HALF_CLOSE), OK,
         ending=Ending.ANY, body=b"hi", reply=b"ok"),
    case("a half-closed client gets its answer to chunks", "RFC 9112 §9.6", (chunked(b"2\r\nhi\r\n0\r\n\r\n"), Do.HALF_CLOSE), OK, ending=Ending.ANY, body=b"hi"),
    case("a half-closed client gets chunks", "RFC 9112 §9.6", (GET, Do.HALF_CLOSE), ok(b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\n\r\n"),
         ending=Ending.ANY, reply=b"ok"),
    case("a half-closed client gets its refusal", "RFC 9112 §9.6", (_BAD, Do.HALF_CLOSE), status=400, ending=Ending.ANY, begun=0),
    case("a half-closed HTTP/1.0 client", "RFC 9112 §9.6", (get(minor=0), Do.HALF_CLOSE), OK, ending=Ending.CLOSED, minor=0, reply=b"ok"),
)  # fmt: skip

_ABORTS = (
    case("a client that resets before its answer cancels the request", "no work for nobody", (GET, EndpointHas(b"GET /"), Do.RESET, Do.ENDPOINT_GONE),
         Answer((Do.CLIENT_GONE, Do.ENDPOINT_GONE)), status=(), ending=Ending.ANY, upstream=Upstream.DROPPED),
    case("a client that closes before its answer cancels the request", "RFC 9112 §9.6", (GET, EndpointHas(b"GET /"), Do.CLOSE, Do.ENDPOINT_GONE),
         Answer((Do.CLIENT_GONE, Do.ENDPOINT_GONE)), status=(), ending=Ending.ANY, upstream=Upstream.DROPPED),
    case("a client that resets inside its answer cancels it", "no work for nobody",
         (GET, ClientHas(b"part"), Do.RESET, Do.ENDPOINT_GONE), Answer((ok(b"Content-Length: 99", body=b"part"), Do.ENDPOINT_GONE)),
         status=(), ending=Ending.ANY, upstream=Upstream.DROPPED),
    case("a client that resets inside an event stream", "no work for nobody",
         (GET, ClientHas(b"data"), Do.RESET, Do.ENDPOINT_GONE), Answer((ok(b"Transfer-Encoding: chunked", body=b"4\r\ndata\r\n"), Do.ENDPOINT_GONE)),
         status=(), ending=Ending.ANY, upstream=Upstream.DROPPED),
    case("the answer to a client that is gone reaches nobody", "late responses",
         (GET, EndpointHas(b"GET /"), Do.RESET, Do.ENDPOINT_GONE), Answer((Do.ENDPOINT_GONE, ok(b"Content-Length: 6", body=b"POISON"))),
         status=(), ending=Ending.ANY, upstream=Upstream.DROPPED, not_got=(b"POISON",)),
    case("an answer after a timeout reaches nobody", "late responses", (GET, Do.ENDPOINT_GONE),
         Answer((ClientHas(b"504"), ok(b"Content-Length: 6", body=b"POISON"))), status=504, upstream=Upstream.DROPPED, not_got=(b"POISON",),
         limits=Limits(response_head_seconds=0.3)),
)  # fmt: skip

_EARLY = (
    case("an answer before the body is whole", "RFC 9112 §9.3: the rest may come or not",
         (post(b"Content-Length: 10", body=b"hello"), ClientHas(b"\r\n\r\nok")), Answer((OK,), early=True),
         ending=Ending.CLOSED, reply=b"ok", upstream=Upstream.DROPPED, whole=0),
    case("an answer before the chunks are whole", "RFC 9112 §9.3",
         (chunked(b"5\r\nhello\r\n"), ClientHas(b"\r\n\r\nok")), Answer((OK,), early=True), ending=Ending.CLOSED, reply=b"ok",
         upstream=Upstream.DROPPED, whole=0),
    case("the rest of a body behind an early answer is no request", "0.CL, CL.0",
         (post(b"Content-Length: 40", body=b"hello"), ClientHas(b"\r\n\r\nok"), b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
         Answer((OK,), early=True), ending=Ending.CLOSED, reply=b"ok", upstream=Upstream.DROPPED, never=(b"/smuggled",)),
    case("an early head, and the body that goes on", "RFC 9112 §9.3: both at once",
         (post(b"Content-Length: 10", body=b"hello"), ClientHas(b"\r\n\r\n"), b"world"),
         Answer((ok(b"Content-Length: 2"), EndpointHas(b"helloworld"), b"ok"), early=True), reply=b"ok", body=b"helloworld", ending=Ending.ANY),
    case("an early refusal and a close", "RFC 9112 §9.6", (post(b"Content-Length: 10", body=b"hello"), ClientHas(b"HTTP/1.1 413")),
         Answer((ok(b"Content-Length: 0", b"Connection: close", status=b"413 Content Too Large"), Do.CLOSE), early=True),
         status=413, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("an early refusal while 2 MB are still coming", "RFC 9112 §9.6: the answer must not be lost to a reset",
         post(b"Content-Length: 3000000", body=b"x" * 2000000),
         Answer((ok(b"Content-Length: 0", b"Connection: close", status=b"413 Content Too Large"), Do.CLOSE), early=True),
         status=413, ending=Ending.CLOSED, whole=0),
    case("an echo that is read while it is written", "RFC 9112 §9.3", (chunked(b"1\r\na\r\n"), ClientHas(b"A"), b"1\r\nb\r\n0\r\n\r\n"),
         Answer((ok(b"Transfer-Encoding: chunked"), b"1\r\nA\r\n", EndpointHas(b"b\r\n0"), b"1\r\nB\r\n0\r\n\r\n"), early=True),
         reply=b"AB", body=b"ab", ending=Ending.ANY),
)  # fmt: skip

CASES = (*_PERSISTENCE, *_PIPELINES, *_HALF, *_ABORTS, *_EARLY)
