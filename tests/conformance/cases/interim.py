"""Expect and 1xx responses (RFC 9110 §10.1.1, §15.2; RFC 9112 §9.2), with the quirks of Kettle 2025."""

from __future__ import annotations

from tests.conformance.case import (
    OK,
    Answer,
    ClientHas,
    Do,
    Ending,
    EndpointHas,
    Upstream,
    bad_answer,
    case,
    chunked,
    get,
    ok,
    post,
)

from readylb.wire.messages import Limits

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
_EXPECT = b"Expect: 100-continue"
_EARLY = Answer((_CONTINUE, EndpointHas(b"hello"), OK), early=True)
_FINAL = ok(b"Content-Length: 0", b"Connection: close", status=b"417 Expectation Failed")

_EXPECTED = (
    case("Expect: 100-continue end to end", "RFC 9110 §10.1.1",
         (post(_EXPECT, b"Content-Length: 5"), ClientHas(b"100 Continue"), b"hello"), _EARLY,
         has=(b"expect: 100-continue",), body=b"hello", interim=(100,), whole=1, upstream=Upstream.KEPT),
    case("Expect: 100-continue with chunks", "RFC 9110 §10.1.1",
         (chunked(b"", _EXPECT), ClientHas(b"100 Continue"), b"5\r\nhello\r\n0\r\n\r\n"), _EARLY, body=b"hello", interim=(100,)),
    case("Expect in capitals", "RFC 9110 §10.1.1: no case",
         (post(b"EXPECT: 100-Continue", b"Content-Length: 5"), ClientHas(b"100 Continue"), b"hello"), _EARLY, body=b"hello"),
    case("a body that does not wait for 100", "RFC 9110 §10.1.1", post(_EXPECT, b"Content-Length: 5", body=b"hello"), _EARLY,
         body=b"hello", interim=(100,), whole=1),
    case("an endpoint that never says 100", "RFC 9110 §10.1.1: client MAY go on",
         (post(_EXPECT, b"Content-Length: 5"), EndpointHas(b"100-continue\r\n"), b"hello"), OK, body=b"hello", interim=()),
    case("Expect without a body", "RFC 9110 §10.1.1", get(_EXPECT), OK, whole=1),
    case("Expect with a length of zero", "RFC 9110 §10.1.1", post(_EXPECT, b"Content-Length: 0"), OK, whole=1),
    case("a refusal instead of 100", "RFC 9110 §10.1.1: the body does not come",
         post(_EXPECT, b"Content-Length: 5"), Answer((_FINAL,), early=True),
         status=417, ending=Ending.CLOSED, interim=(), whole=0, upstream=Upstream.DROPPED),
    case("a refusal instead of 100, and the client sends a request for the body", "0.CL, Kettle 2025",
         (post(_EXPECT, b"Content-Length: 35"), ClientHas(b"HTTP/1.1 417"), b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
         Answer((ok(b"Content-Length: 0", status=b"417 Expectation Failed"),), early=True),
         status=417, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED, never=(b"/smuggled",)),
    case("a success instead of 100", "RFC 9110 §10.1.1",
         post(_EXPECT, b"Content-Length: 5"), Answer((OK,), early=True), status=200, ending=Ending.CLOSED, whole=0,
         upstream=Upstream.DROPPED),
    case("100 and then the final response at once", "RFC 9110 §15.2.1", get(_EXPECT), _CONTINUE + OK, interim=(100,), upstream=Upstream.KEPT),
    case("Expect of HTTP/1.0 is ignored", "RFC 9110 §10.1.1: MUST ignore", post(_EXPECT, b"Content-Length: 5", body=b"hello", minor=0),
         lacks=(b"expect",), body=b"hello", ending=Ending.CLOSED, minor=0, interim=()),
    *(
        case(f"{line.decode()} is passed on or refused with 417", "RFC 9110 §10.1.1: MAY 417",
             post(line, b"Content-Length: 5", body=b"hello"), status={200, 417}, ending=Ending.ANY)
        for line in (b"Expect: 200-ok", b"Expect: x 100-continue", b"Expect: 100-continue, x", b"Expect:", b"Expect: y=z")
    ),
    case("two Expects", "obfuscated Expect, Kettle 2025", post(_EXPECT, _EXPECT, b"Content-Length: 5", body=b"hello"),
         status={200, 400, 417}, ending=Ending.ANY),
    case("Expect nominated by Connection ends here", "RFC 9110 §7.6.1",
         post(b"Connection: Expect", _EXPECT, b"Content-Length: 5", body=b"hello"), lacks=(b"expect",), body=b"hello"),
    case("a GET with Expect and a body", "0.CL by Expect, Kettle 2025",
         get(_EXPECT, b"Content-Length: 5") + b"hello", _CONTINUE + OK, body=b"hello", whole=1),
    case("Expect behind a pipelined request", "RFC 9112 §9.3.2",
         (get(target=b"/1") + post(_EXPECT, b"Content-Length: 5"), ClientHas(b"100 Continue"), b"hello"),
         (OK, _EARLY), status=(200, 200), interim=(100,), whole=2),
)  # fmt: skip

_INTERIM = (
    case("103 is passed on", "RFC 9110 §15.2: MUST forward", get(), _HINTS + OK, interim=(103,),
         got=(b"Link: </a.css>; rel=preload\r\n",), upstream=Upstream.KEPT),
    case("102 is passed on", "RFC 9110 §15.2", get(), b"HTTP/1.1 102 Processing\r\n\r\n" + OK, interim=(102,)),
    case("an unknown 1xx is passed on", "RFC 9110 §15.2", get(), b"HTTP/1.1 199 Whatever\r\n\r\n" + OK, interim=(199,)),
    case("100 that nobody expected is passed on", "RFC 9110 §15.2", get(), _CONTINUE + OK, interim=(100,)),
    case("several 1xx in one piece", "RFC 9110 §15.2", get(), _CONTINUE + _HINTS + _HINTS + OK, interim=(100, 103, 103), upstream=Upstream.KEPT),
    case("several 1xx in pieces", "RFC 9110 §15.2", get(),
         Answer((_CONTINUE[:9], _CONTINUE[9:], _HINTS[:40], _HINTS[40:] + OK[:5], OK[5:])), interim=(100, 103)),
    case("forty 1xx", "1xx trains", get(), _HINTS * 40 + OK, interim=(103,) * 40),
    case("a 1xx comes before the final response does", "RFC 9110 §15.2",
         get(), Answer((_HINTS, ClientHas(b"103 Early Hints\r\n"), OK)), interim=(103,)),
    case("103 with Connection: close", "RFC 9110 §15.2; llhttp ends there", get(),
         b"HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n" + OK, interim=(103,), reply=b"ok"),
    case("103 with a length", "RFC 9110 §8.6: MUST NOT; no body follows", get(),
         b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" + OK, status={200, 502}, ending=Ending.ANY),
    case("103 with a coding", "RFC 9112 §6.1: MUST NOT; no body follows", get(),
         b"HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n" + OK, status={200, 502}, ending=Ending.ANY),
    case("100 with hop-by-hop fields", "RFC 9110 §7.6.1", get(),
         b"HTTP/1.1 100 Continue\r\nKeep-Alive: 5\r\nConnection: X-A, keep-alive\r\nX-A: b\r\n\r\n" + OK, interim=(100,), not_got=(b"X-A", b"Keep-Alive")),
    case("a 1xx is not for HTTP/1.0", "RFC 9110 §15.2: MUST NOT", get(minor=0), _CONTINUE + _HINTS + OK,
         interim=(), ending=Ending.CLOSED, minor=0, reply=b"ok"),
    case("a 1xx is not for HTTP/1.0 with keep-alive", "RFC 9110 §15.2: MUST NOT", get(b"Connection: keep-alive", minor=0),
         _HINTS + OK, interim=(), minor=0, reply=b"ok"),
    case("a 1xx for HEAD", "RFC 9110 §15.2", get(method=b"HEAD"), _HINTS + ok(b"Content-Length: 5"), methods=(b"HEAD",), interim=(103,)),
    case("a 1xx of an HTTP/1.0 endpoint", "RFC 9110 §15.2", get(), b"HTTP/1.0 100 Continue\r\n\r\n" + OK, status={200, 502}, ending=Ending.ANY),
    case("the end behind a 1xx", "RFC 9112 §8", get(), Answer((_HINTS,)), status=504, interim=(103,),
         limits=Limits(response_head_seconds=0.3)),
    bad_answer("a close behind a 1xx", "RFC 9112 §8", Answer((_HINTS, Do.CLOSE)), interim=(103,)),
    bad_answer("a reset behind a 1xx", "RFC 9112 §8", Answer((_HINTS, ClientHas(b"103"), Do.RESET)), interim=(103,)),
    bad_answer("noise behind a 1xx", "RFC 9112 §4", _HINTS + b"POISON\r\n\r\n", interim=(103,)),
    bad_answer("a 1xx with a broken field", "RFC 9112 §5", b"HTTP/1.1 103 X\r\nA : POISON\r\n\r\n" + OK),
    bad_answer("a 1xx with two lengths and a body", "RFC 9112 §6.3",
               b"HTTP/1.1 103 X\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nPOISON" + OK),
)  # fmt: skip

CASES = (*_EXPECTED, *_INTERIM)
