"""Two directions at once: what one side does while the other is not done yet (RFC 9112 §9.3, §9.6)."""

from __future__ import annotations

from tests.conformance.case import (
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

_WEBSOCKET = get(b"Connection: Upgrade", b"Upgrade: websocket")
_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BIG = b"x" * 2_000_000
_TOO_LARGE = ok(b"Content-Length: 2", b"Connection: close", body=b"no", status=b"413 Content Too Large")
_TEN = post(b"Content-Length: 10", body=b"hello")

_REQUEST_BREAKS = (
    case("chunks break behind an early head", "RFC 9112 §8: the client sees a cut", (chunked(b"1\r\nx\r\n"), ClientHas(b"HTTP/1.1 200"), b"zz\r\n"),
         Answer((ok(b"Content-Length: 5", body=b"he"), Do.ENDPOINT_GONE), early=True), ending=Ending.CUT, whole=0, upstream=Upstream.DROPPED),
    case("chunks break behind an early answer", "RFC 9112 §9.3", (chunked(b"1\r\nx\r\n"), ClientHas(b"\r\n\r\nok"), b"zz\r\n"), Answer((OK,), early=True),
         ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED, reply=b"ok"),
    case("chunks break behind 100", "RFC 9110 §10.1.1", (chunked(b"", b"Expect: 100-continue"), ClientHas(b"100"), b"zz\r\n"),
         Answer((_CONTINUE, Do.ENDPOINT_GONE), early=True), status=400, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("a client ends its side behind 100", "RFC 9110 §10.1.1", (post(b"Expect: 100-continue", b"Content-Length: 5"), ClientHas(b"100"), Do.HALF_CLOSE),
         Answer((_CONTINUE, Do.ENDPOINT_GONE), early=True), status=400, ending=Ending.CLOSED, whole=0),
    case("a client ends its side behind an early head", "RFC 9112 §8", (_TEN, ClientHas(b"he"), Do.HALF_CLOSE),
         Answer((ok(b"Content-Length: 5", body=b"he"), Do.ENDPOINT_GONE), early=True), ending=Ending.CUT, whole=0, upstream=Upstream.DROPPED),
    case("a client resets behind an early head", "RFC 9112 §8", (_TEN, ClientHas(b"he"), Do.RESET, Do.ENDPOINT_GONE),
         Answer((ok(b"Content-Length: 5", body=b"he"), Do.ENDPOINT_GONE), early=True), status=(), ending=Ending.ANY, whole=0, upstream=Upstream.DROPPED),
)  # fmt: skip

_ENDPOINT_BREAKS = (
    case("an endpoint resets inside an upload", "RFC 9110 §15.6.3", (_TEN, EndpointHas(b"hello")), Answer((EndpointHas(b"hello"), Do.RESET), early=True),
         status=502, ending=Ending.CLOSED, whole=0),
    case("an endpoint closes inside an upload", "RFC 9110 §15.6.3", (_TEN, EndpointHas(b"hello")), Answer((EndpointHas(b"hello"), Do.CLOSE), early=True),
         status=502, ending=Ending.CLOSED, whole=0),
    case("an endpoint answers and ends its side inside an upload", "RFC 9112 §9.6", (_TEN, ClientHas(b"ok")), Answer((OK, Do.HALF_CLOSE), early=True),
         ending=Ending.CLOSED, whole=0, reply=b"ok", upstream=Upstream.DROPPED),
    case("an endpoint cuts its early answer", "RFC 9112 §8", (_TEN, ClientHas(b"he")), Answer((ok(b"Content-Length: 5", body=b"he"), ClientHas(b"he"), Do.CLOSE), early=True),
         ending=Ending.CUT, whole=0, upstream=Upstream.DROPPED),
    case("an endpoint answers what it does not read", "RFC 9112 §9.6", post(b"Content-Length: 3000000", body=_BIG), Answer((OK,), early=True),
         ending=Ending.CLOSED, whole=0, reply=b"ok", upstream=Upstream.DROPPED),
    *(
        case(f"an endpoint answers 413 and {how.value}s under {what}", "RFC 9112 §9.5", send, Answer((_TOO_LARGE, how), early=True), status=413,
             ending=Ending.CLOSED, whole=0, reply=b"no", upstream=Upstream.DROPPED)
        for how in (Do.CLOSE, Do.RESET)
        for what, send in (
            ("an upload that goes on", post(b"Content-Length: 3000000", body=_BIG)),
            ("chunks that go on", chunked(b"1e8480\r\n" + _BIG + b"\r\n")),
        )
    ),
    case("an endpoint answers an upgrade whose body it does not read", "Envoy deadlocks there",
         post(b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: 3000000", body=_BIG), Answer((OK,), early=True), ending=Ending.CLOSED, whole=0, reply=b"ok"),
    case("100 behind the final response", "RFC 9112 §6.3", (get(), Do.ENDPOINT_GONE), OK + _CONTINUE, upstream=Upstream.DROPPED),
    case("an endpoint closes behind 204", "RFC 9112 §9.6", get(), Answer((ok(status=b"204 X"), Do.CLOSE)), status=204, upstream=Upstream.DROPPED),
)  # fmt: skip

_LARGE = (
    case("2 MB into a tunnel", "back-pressure", (_WEBSOCKET, ClientHas(b"\r\n\r\n"), _BIG + b"END", ClientHas(b"got"), Do.RESET),
         Answer((_SWITCH, EndpointHas(b"END"), b"got", Do.ENDPOINT_GONE), early=True), status=101, ending=Ending.ANY),
    case("2 MB before the 101", "back-pressure", (_WEBSOCKET + _BIG + b"END", ClientHas(b"got"), Do.RESET),
         Answer((_SWITCH, EndpointHas(b"END"), b"got", Do.ENDPOINT_GONE), early=True), status=101, ending=Ending.ANY),
    case("2 MB out of a tunnel", "back-pressure", (_WEBSOCKET, ClientHas(b"END"), Do.RESET), Answer((_SWITCH + _BIG + b"END", Do.ENDPOINT_GONE)), status=101, ending=Ending.ANY),
    case("2 MB of body behind an offer to upgrade", "the body is parsed as one",
         post(b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: 2000000", body=_BIG), OK, whole=1, reply=b"ok"),
    case("chunks of one byte, a hundred thousand", "resource limits", chunked(b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"), OK, body=b"x" * 100_000),
    case("chunks of one byte of a response, a hundred thousand", "resource limits", get(), ok(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"),
         reply=b"x" * 100_000),
    case("chunks of one byte for HTTP/1.0, a hundred thousand", "resource limits", get(minor=0),
         ok(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"), reply=b"x" * 100_000, minor=0, ending=Ending.CLOSED),
    case("an upgrade declined with chunks, and a request behind", "RFC 9110 §7.8", _WEBSOCKET + get(target=b"/2"),
         ok(b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\n\r\n"), status=(200, 200), reply=b"GET /2"),
    case("an upgrade that also closes", "RFC 9112 §9.6", get(b"Connection: close, Upgrade", b"Upgrade: websocket"), OK, ending=Ending.CLOSED, reply=b"ok"),
    case("a half-closed client with noise behind its request", "RFC 9112 §9.6", (get() + b"noise\r\n\r\n", Do.HALF_CLOSE), status=(200, 400), ending=Ending.ANY, whole=1),
)  # fmt: skip

CASES = (*_REQUEST_BREAKS, *_ENDPOINT_BREAKS, *_LARGE)
