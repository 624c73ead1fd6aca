"""What the balancer's own answers look like (RFC 9110 §9.3.2, §15.5, §15.6; RFC 9112 §9.6)."""

from __future__ import annotations

from tests.conformance.case import Answer, Do, Ending, Upstream, bad_answer, case, chunked, get, post, refused

from readylb.wire.messages import Limits

_HEAD = {"methods": (b"HEAD",)}
_SHORT = Limits(body_stall_seconds=0.3, response_head_seconds=0.3, head_seconds=0.3)
# Its first line has as many bytes as the default limit allows.
_JUST = get(target=b"/" + b"x" * (Limits().request_line_bytes - len(b"GET / HTTP/1.1")))
_NO_CONTENT = "RFC 9110 §9.3.2: MUST NOT send content"

CASES = (
    refused("HEAD with a bad Host", _NO_CONTENT, b"HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n", **_HEAD),
    refused("HEAD without Host", _NO_CONTENT, b"HEAD / HTTP/1.1\r\n\r\n", **_HEAD),
    refused("HEAD with CL and TE", _NO_CONTENT, post(b"Content-Length: 5", b"Transfer-Encoding: chunked", method=b"HEAD", body=b"0\r\n\r\n"), **_HEAD),
    refused("HEAD with a bad field", _NO_CONTENT, get(b"X : y", method=b"HEAD"), **_HEAD),
    refused("HEAD with a bad field, unfinished", _NO_CONTENT, b"HEAD / HTTP/1.1\r\nHost: a\r\nX\x00: y", **_HEAD),
    refused("HEAD with a bad version", _NO_CONTENT, b"HEAD / HTTP/3.0\r\nHost: a\r\n\r\n", 400, **_HEAD),
    refused("HEAD with a bad target", _NO_CONTENT, b"HEAD /# HTTP/1.1\r\nHost: a\r\n\r\n", **_HEAD),
    refused("HEAD with too many fields", _NO_CONTENT, get(*(b"X-%d: y" % n for n in range(200)), method=b"HEAD"), 431, **_HEAD),
    refused("HEAD with too large a field", _NO_CONTENT, get(b"X: " + b"y" * 40000, method=b"HEAD"), 431, **_HEAD),
    refused("HEAD with too long a target", _NO_CONTENT, get(target=b"/" + b"x" * 9000, method=b"HEAD"), 414, **_HEAD),
    refused("HEAD that does not arrive in time", _NO_CONTENT, b"HEAD / HTTP/1.1\r\nHost: a\r\n", 408, limits=_SHORT, **_HEAD),
    refused("HEAD that ends too early", _NO_CONTENT, (b"HEAD / HTTP/1.1\r\nHost: a\r\n", Do.HALF_CLOSE), **_HEAD),
    case("HEAD whose body stalls", _NO_CONTENT, post(b"Content-Length: 5", method=b"HEAD"), status=408, ending=Ending.CLOSED, whole=0, limits=_SHORT, **_HEAD),
    case("HEAD whose body ends too early", _NO_CONTENT, (post(b"Content-Length: 5", method=b"HEAD"), Do.HALF_CLOSE), status=400, ending=Ending.CLOSED,
         whole=0, **_HEAD),
    case("HEAD with broken chunks", _NO_CONTENT, post(b"Transfer-Encoding: chunked", method=b"HEAD", body=b"x\r\n"), status=400, ending=Ending.CLOSED,
         whole=0, **_HEAD),
    case("HEAD behind GET with a bad Host", _NO_CONTENT, get() + b"HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n", status=(200, 400), ending=Ending.CLOSED,
         methods=(b"GET", b"HEAD")),
    bad_answer("HEAD whose endpoint closes", _NO_CONTENT, Answer((b"HTT", Do.CLOSE)), get(method=b"HEAD"), **_HEAD),
    refused("405 says what is allowed", "RFC 9110 §15.5.6: MUST send Allow", b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 405, reply_has=(b"allow",)),
    refused("a refusal has a length", "RFC 9112 §6.3", get(b"X : y"), reply_has=(b"content-length", b"connection: close", b"date")),
    refused("a refusal of HTTP/1.0", "RFC 9112 §2.3", get(b"X : y", minor=0), minor=0),
    refused("a refusal is not lost when a body is still coming", "RFC 9112 §9.6: lingering close",
            post(b"Content-Length: 5", b"Content-Length: 6", body=b"x" * 1_000_000)),
    refused("a refusal of a head that is still coming", "RFC 9112 §9.6", (b"GET / HTTP/1.1\r\nHost: a\r\nX\x00: y\r\n", b"X: y\r\n" * 2000)),
    refused("413 or 400 for a length that nobody could send", "RFC 9110 §15.5.14", post(b"Content-Length: 99999999999999999999"), {400, 413}),
    case("504 leaves the client's connection open", "RFC 9112 §9.3", get(), Answer(()), status=504, upstream=Upstream.DROPPED, limits=_SHORT, reply_has=(b"content-length",)),
    case("502 leaves the client's connection open", "RFC 9112 §9.3", get(), b"noise\r\n\r\n", status=502, upstream=Upstream.DROPPED, reply_has=(b"content-length",)),
    case("502 behind an unfinished body closes", "RFC 9112 §9.3", post(b"Content-Length: 5", body=b"he"), Answer((b"noise\r\n\r\n",), early=True),
         status=502, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("502 behind unfinished chunks closes", "RFC 9112 §9.3", chunked(b"2\r\nhe\r\n"), Answer((b"noise\r\n\r\n",), early=True),
         status=502, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("502 and the rest of a body is no request", "0.CL", (post(b"Content-Length: 35"), b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
         Answer((b"noise\r\n\r\n",), early=True), status=502, ending=Ending.ANY, upstream=Upstream.DROPPED),
    case("a large head up to the limit is served", "RFC 9110 §5.4", get(*(b"X-%d: %b" % (n, b"y" * 300) for n in range(90))), has=(b"x-89",), whole=1),
    case("a request line up to the limit is served", "RFC 9112 §3: at least 8000 octets", get(target=b"/" + b"x" * 7990), whole=1),
    case("a request line just up to the limit, cut between CR and LF", "issue: limits", (_JUST[: _JUST.index(b"\n")], _JUST[_JUST.index(b"\n") :]), whole=1),
)  # fmt: skip
