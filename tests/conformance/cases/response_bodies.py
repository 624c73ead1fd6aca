"""Response bodies: lengths, chunks, the close of the connection, none at all; cut short or too long (RFC 9112 §6, §7, §8)."""

from __future__ import annotations

from tests.conformance.case import (
    OK,
    Answer,
    ClientHas,
    Do,
    Ending,
    Upstream,
    bad_answer,
    case,
    cut_answer,
    get,
    ok,
)

_CHUNKED = b"Transfer-Encoding: chunked"
_END = b"0\r\n\r\n"
_POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON"


def _coded(body: bytes, *fields: bytes) -> bytes:
    return ok(_CHUNKED, *fields, body=body)


_LENGTH = (
    case("a body of its length", "RFC 9112 §6.2", get(), OK, reply=b"ok", reply_has=(b"content-length: 2",), upstream=Upstream.KEPT),
    case("a body of length zero", "RFC 9112 §6.2", get(), ok(b"Content-Length: 0"), reply=b"", upstream=Upstream.KEPT),
    case("a body byte by byte", "RFC 9112 §6.2", get(), Answer((ok(b"Content-Length: 3"), b"a", b"b", b"c")), reply=b"abc", upstream=Upstream.KEPT),
    case("a body of 300 kB", "RFC 9112 §6.2", get(), ok(b"Content-Length: 300000", body=b"x" * 300000), reply=b"x" * 300000, upstream=Upstream.KEPT),
    case("a body goes out as it comes", "streaming", get(),
         Answer((ok(b"Content-Length: 6", body=b"one"), ClientHas(b"one"), b"two")), reply=b"onetwo"),
    case("a head goes out before its body", "streaming", get(),
         Answer((ok(b"Content-Length: 3"), ClientHas(b"\r\n\r\n"), b"two")), reply=b"two"),
    cut_answer("a body cut short by a close", "RFC 9112 §8: MUST be taken as incomplete", Answer((ok(b"Content-Length: 5", body=b"hel"), Do.CLOSE))),
    cut_answer("a body cut short by a reset", "RFC 9112 §8", Answer((ok(b"Content-Length: 5", body=b"hel"), ClientHas(b"hel"), Do.RESET))),
    cut_answer("a body cut short by the end of that side", "RFC 9112 §8", Answer((ok(b"Content-Length: 5", body=b"hel"), Do.HALF_CLOSE))),
    cut_answer("a body that does not come", "RFC 9112 §8", Answer((ok(b"Content-Length: 5"), Do.CLOSE))),
    cut_answer("a body cut short for HTTP/1.0", "RFC 9112 §8", Answer((ok(b"Content-Length: 5", body=b"hel"), Do.CLOSE)), get(minor=0), minor=0),
    cut_answer("a body cut short is not followed by the next response", "RFC 9112 §9.3.2",
               Answer((ok(b"Content-Length: 5", body=b"hel"), Do.CLOSE)), get() + get(target=b"/2"), not_got=(b"GET /2",)),
)  # fmt: skip

_EXTRA = tuple(
    case(f"bytes behind the end: {name}", "RFC 9112 §6.3, §9.2: MUST NOT be taken for a response", (get(method=method), Do.ENDPOINT_GONE), answer,
         status=status, methods=(method,), upstream=Upstream.DROPPED, not_got=(b"POISON", b"extra"))
    for name, method, status, answer in (
        ("a body longer than its length", b"GET", 200, ok(b"Content-Length: 2", body=b"okextra")),
        ("a second response in the same piece", b"GET", 200, OK + _POISON),
        ("a second response in another piece", b"GET", 200, Answer((OK, ClientHas(b"ok"), _POISON))),
        ("an empty line", b"GET", 200, OK + b"\r\n"),
        ("a single byte", b"GET", 200, OK + b"x"),
        ("a body behind a length of zero", b"GET", 200, ok(b"Content-Length: 0", body=b"extra")),
        ("a body of HEAD", b"HEAD", 200, ok(b"Content-Length: 6", body=b"POISON")),
        ("a chunked body of HEAD", b"HEAD", 200, _coded(b"6\r\nPOISON\r\n0\r\n\r\n")),
        ("a body of HEAD in another piece", b"HEAD", 200, Answer((ok(b"Content-Length: 6"), ClientHas(b"\r\n\r\n"), b"POISON"))),
        ("a response behind HEAD", b"HEAD", 200, ok(b"Content-Length: 6") + _POISON),
        ("a body of 204", b"GET", 204, ok(status=b"204 No Content", body=b"POISON")),
        ("a body of 204 with a length", b"GET", 204, ok(b"Content-Length: 6", status=b"204 No Content", body=b"POISON")),
        ("a body of 304", b"GET", 304, ok(b"Content-Length: 6", status=b"304 Not Modified", body=b"POISON")),
        ("a chunked body of 304", b"GET", 304, ok(_CHUNKED, status=b"304 Not Modified", body=b"6\r\nPOISON\r\n0\r\n\r\n")),
        ("a body of 304 in another piece", b"GET", 304,
         Answer((ok(b"Content-Length: 6", status=b"304 Not Modified"), ClientHas(b"\r\n\r\n"), b"POISON"))),
        ("a response behind 304", b"GET", 304, ok(status=b"304 Not Modified") + _POISON),
        ("bytes behind the last chunk", b"GET", 200, _coded(b"2\r\nok\r\n" + _END + b"extra")),
        ("a response behind the last chunk", b"GET", 200, _coded(b"2\r\nok\r\n" + _END) + _POISON),
        ("a response behind trailers", b"GET", 200, _coded(b"2\r\nok\r\n0\r\nX: y\r\n\r\n") + _POISON),
        ("a response behind the last chunk in another piece", b"GET", 200, Answer((_coded(b"2\r\nok\r\n" + _END), ClientHas(b"0\r\n\r\n"), _POISON))),
    )
)  # fmt: skip

_NONE = (
    case("HEAD with a length", "RFC 9110 §9.3.2", get(method=b"HEAD"), ok(b"Content-Length: 1000"), methods=(b"HEAD",),
         reply_has=(b"content-length: 1000",), upstream=Upstream.KEPT),
    case("HEAD with a coding", "RFC 9112 §6.3", get(method=b"HEAD"), _coded(b""), methods=(b"HEAD",), upstream=Upstream.KEPT),
    case("HEAD with neither", "RFC 9112 §6.3", get(method=b"HEAD"), ok(), methods=(b"HEAD",), upstream=Upstream.KEPT),
    case("HEAD with a coding for HTTP/1.0", "RFC 9112 §6.1: MUST NOT send a coding to HTTP/1.0", get(method=b"HEAD", minor=0), _coded(b""),
         methods=(b"HEAD",), ending=Ending.CLOSED, minor=0),
    case("HEAD of HTTP/1.0 with keep-alive", "RFC 9112 §6.3", get(b"Connection: keep-alive", method=b"HEAD", minor=0), ok(b"Content-Length: 5"),
         methods=(b"HEAD",), minor=0),
    case("204", "RFC 9112 §6.3", get(), ok(status=b"204 No Content"), status=204, reply=b"", upstream=Upstream.KEPT),
    case("204 with a length of zero", "RFC 9110 §8.6: MUST NOT", get(), ok(b"Content-Length: 0", status=b"204 No Content"), status=204),
    case("204 with a length", "RFC 9110 §8.6: MUST NOT", get(), ok(b"Content-Length: 5", status=b"204 No Content"), status=204, upstream=Upstream.KEPT),
    case("204 with a coding", "RFC 9112 §6.1: MUST NOT", get(), ok(_CHUNKED, status=b"204 No Content"), status=204),
    case("304", "RFC 9112 §6.3", get(), ok(b'ETag: "a"', status=b"304 Not Modified"), status=304, reply_has=(b'etag: "a"',), upstream=Upstream.KEPT),
    case("304 with a length keeps it", "RFC 9110 §15.4.5", get(), ok(b"Content-Length: 5", status=b"304 Not Modified"), status=304,
         reply_has=(b"content-length: 5",), upstream=Upstream.KEPT),
    case("304 with a coding", "RFC 9112 §6.3", get(), ok(_CHUNKED, status=b"304 Not Modified"), status=304, upstream=Upstream.KEPT),
    case("304 with a coding for HTTP/1.0", "RFC 9112 §6.1: MUST NOT", get(minor=0), ok(_CHUNKED, status=b"304 Not Modified"), status=304,
         ending=Ending.CLOSED, minor=0),
    case("205 with a length of zero", "RFC 9110 §15.3.6", get(), ok(b"Content-Length: 0", status=b"205 Reset Content"), status=205),
    case("HEAD and GET pipelined", "RFC 9112 §9.3.2", get(method=b"HEAD") + get(target=b"/2"), (ok(b"Content-Length: 100"), OK),
         status=(200, 200), methods=(b"HEAD", b"GET"), reply=b"ok", upstream=Upstream.KEPT),
    case("HEAD in pieces", "RFC 9112 §6.3", get(method=b"HEAD"), Answer((b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 5\r\n", b"\r\n")),
         methods=(b"HEAD",), upstream=Upstream.KEPT),
)  # fmt: skip

_CHUNKS = tuple(
    case(
        f"chunks of a response: {name}",
        "RFC 9112 §7.1",
        get(),
        _coded(coded),
        reply=body,
        upstream=Upstream.KEPT,
    )
    for name, coded, body in (
        ("one", b"5\r\nhello\r\n" + _END, b"hello"),
        ("none", _END, b""),
        ("many", b"1\r\nx\r\n" * 300 + _END, b"x" * 300),
        ("extensions, which MUST be parsed", b'5 ; a = b;c="d"\r\nhello\r\n' + _END, b"hello"),
        ("zeros before a size", b"0005\r\nhello\r\n0000\r\n\r\n", b"hello"),
        ("forty zeros before a size", b"0" * 40 + b"5\r\nhello\r\n" + b"0" * 40 + b"\r\n\r\n", b"hello"),
        ("data that looks like the end", b"5\r\n0\r\n\r\n\r\n" + _END, b"0\r\n\r\n"),
        ("a large one", b"30d40\r\n" + b"x" * 200000 + b"\r\n" + _END, b"x" * 200000),
    )
)

_BROKEN_CHUNKS = tuple(
    cut_answer(
        f"chunks of a response broken by {name}",
        "RFC 9112 §7.1, §8: a cut, never a clean end",
        _coded(b"2\r\nok\r\n" + coded),
    )
    for name, coded in (
        ("a size of letters", b"xx\r\nhello\r\n" + _END),
        ("an empty size", b"\r\nhello\r\n" + _END),
        ("a signed size", b"+5\r\nhello\r\n" + _END),
        ("a size with 0x", b"0x5\r\nhello\r\n" + _END),
        ("a size of 2**64", b"10000000000000000\r\nhello\r\n" + _END),
        ("a size with a blank inside", b"5 5\r\nhello\r\n" + _END),
        ("a blank before a size", b" 5\r\nhello\r\n" + _END),
        ("data longer than its size", b"3\r\nhello\r\n" + _END),
        ("data shorter than its size", b"8\r\nhello\r\n" + _END),
        ("no CRLF behind the data", b"5\r\nhello" + _END),
        ("a bare LF behind a size", b"5\nhello\r\n" + _END),
        ("a bare LF behind the data", b"5\r\nhello\n" + _END),
        ("a bare LF for the empty line", b"0\r\n\n"),
        ("NUL behind a size", b"5\x00\r\nhello\r\n" + _END),
        ("an extension with a bare LF", b"5;a\nb\r\nhello\r\n" + _END),
        ("an endless extension", b"5;" + b"a" * 70000),
        ("a blank before a trailer's colon", b"0\r\nX : y\r\n\r\n"),
        ("a trailer without colon", b"0\r\nPOISON\r\n\r\n"),
        ("a fold in the trailers", b"0\r\nX: y\r\n z\r\n\r\n"),
        ("NUL in the trailers", b"0\r\nX: \x00\r\n\r\n"),
        ("endless trailers", b"0\r\n" + b"X: yyyyyyyyyyyy\r\n" * 9000),
    )
)

_CUT_CHUNKS = (
    cut_answer("chunks cut short by a close", "RFC 9112 §8", Answer((_coded(b"2\r\nok\r\n"), Do.CLOSE))),
    cut_answer("chunks cut short inside one", "RFC 9112 §8", Answer((_coded(b"5\r\nhel"), Do.CLOSE))),
    cut_answer("chunks cut short before the empty line", "RFC 9112 §8", Answer((_coded(b"2\r\nok\r\n0\r\n"), Do.CLOSE))),
    cut_answer("chunks cut short inside the trailers", "RFC 9112 §8", Answer((_coded(b"2\r\nok\r\n0\r\nX: y\r\n"), Do.CLOSE))),
    cut_answer("chunks cut short by a reset", "RFC 9112 §8", Answer((_coded(b"2\r\nok\r\n"), ClientHas(b"ok"), Do.RESET))),
    cut_answer("chunks that do not come", "RFC 9112 §8", Answer((_coded(b""), Do.CLOSE))),
    cut_answer("chunks cut short for HTTP/1.0", "RFC 9112 §8", Answer((_coded(b"2\r\nok\r\n"), Do.CLOSE)), get(minor=0), minor=0),
    cut_answer("chunks broken for HTTP/1.0", "RFC 9112 §8", _coded(b"2\r\nok\r\nxx\r\n"), get(minor=0), minor=0),
)  # fmt: skip

_STREAMS = (
    case("chunks in pieces", "RFC 9112 §7.1", get(), Answer((_coded(b""), *(bytes((b,)) for b in b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"))),
         reply=b"hello", reply_trailers=b"X: y\r\n", upstream=Upstream.KEPT),
    case("events stream one by one", "server-sent events", get(),
         Answer((_coded(b"9\r\ndata: 1\n\n\r\n"), ClientHas(b"data: 1\n\n"), b"9\r\ndata: 2\n\n\r\n", ClientHas(b"data: 2\n\n"), _END)),
         reply=b"data: 1\n\ndata: 2\n\n"),
    case("a part of a chunk streams", "server-sent events", get(), Answer((_coded(b"5\r\nhe"), ClientHas(b"he"), b"llo\r\n" + _END)), reply=b"hello"),
    case("chunks for HTTP/1.0 are taken out of their coding", "RFC 9112 §6.1, §7", get(minor=0), _coded(b"5;a=b\r\nhello\r\n3\r\nyou\r\n0\r\nX: y\r\n\r\n"),
         reply=b"helloyou", ending=Ending.CLOSED, minor=0, reply_lacks=(b"transfer-encoding",), upstream=Upstream.KEPT),
    case("chunks for HTTP/1.0 with keep-alive end with the connection", "RFC 9112 §6.3", get(b"Connection: keep-alive", minor=0),
         _coded(b"2\r\nok\r\n" + _END), reply=b"ok", ending=Ending.CLOSED, minor=0, reply_lacks=(b"transfer-encoding", b"connection: keep-alive")),
    case("trailers of a response", "RFC 9110 §6.5", get(b"TE: trailers", b"Connection: TE"), _coded(b"2\r\nok\r\n0\r\nX: y\r\n\r\n", b"Trailer: X"),
         reply_trailers=b"X: y\r\n", reply_has=(b"trailer: X",), upstream=Upstream.KEPT),
    *(
        case(f"the trailer {name} of a response is dropped", "RFC 9110 §6.5.1", get(b"TE: trailers", b"Connection: TE"),
             _coded(b"2\r\nok\r\n0\r\n" + name.encode() + b": 1\r\nX: y\r\n\r\n"), reply_trailers=b"X: y\r\n", reply=b"ok")
        for name in ("Content-Length", "Transfer-Encoding", "Set-Cookie", "Connection", "Trailer", "Content-Type", "Content-Encoding",
                     "Cache-Control", "WWW-Authenticate", "Host", "Keep-Alive")
    ),
    case("a body up to the close becomes chunked", "RFC 9112 §6.3, §9.3", get(), Answer((ok(body=b"hello"), Do.CLOSE)), reply=b"hello",
         upstream=Upstream.DROPPED),
    case("a body up to the close, in pieces", "RFC 9112 §6.3", get(), Answer((ok(), b"one", ClientHas(b"one"), b"two", Do.CLOSE)), reply=b"onetwo"),
    case("an empty body up to the close", "RFC 9112 §6.3", get(), Answer((ok(), Do.CLOSE)), reply=b""),
    case("a body up to the end of that side", "RFC 9112 §6.3", get(), Answer((ok(body=b"hello"), Do.HALF_CLOSE)), reply=b"hello", upstream=Upstream.DROPPED),
    case("a body up to the close for HTTP/1.0", "RFC 9112 §6.3", get(minor=0), Answer((ok(body=b"hello"), Do.CLOSE)), reply=b"hello",
         ending=Ending.CLOSED, minor=0),
    case("a body up to the close of an HTTP/1.0 endpoint", "RFC 9112 §6.3", get(), Answer((ok(body=b"hello", version=b"HTTP/1.0"), Do.CLOSE)), reply=b"hello"),
    case("a body up to the close that looks like chunks", "RFC 9112 §6.3", get(), Answer((ok(body=b"5\r\nhello\r\n0\r\n\r\n"), Do.CLOSE)),
         reply=b"5\r\nhello\r\n0\r\n\r\n"),
    case("a body up to the close that looks like a response", "RFC 9112 §6.3", get(), Answer((ok(body=OK), Do.CLOSE)), reply=OK),
    cut_answer("a body up to the close that is reset", "RFC 9112 §8: MUST be taken as incomplete where it can be known",
               Answer((ok(body=b"hello"), ClientHas(b"hello"), Do.RESET))),
    cut_answer("a body up to the close that is reset, for HTTP/1.0", "RFC 9112 §8",
               Answer((ok(body=b"hello"), ClientHas(b"hello"), Do.RESET)), get(minor=0), minor=0),
    case("a close behind the body of its length", "RFC 9112 §9.6", get(), Answer((OK, Do.CLOSE)), reply=b"ok", upstream=Upstream.DROPPED),
    case("a reset behind the body of its length", "RFC 9112 §9.6", get(), Answer((OK, ClientHas(b"ok"), Do.RESET)), reply=b"ok", upstream=Upstream.DROPPED),
    case("an HTTP/1.0 endpoint that keeps its connection", "RFC 9112 §9.3", get(),
         ok(b"Content-Length: 2", b"Connection: keep-alive", body=b"ok", version=b"HTTP/1.0"), reply=b"ok", upstream=Upstream.KEPT),
    case("an HTTP/1.0 endpoint that does not", "RFC 9112 §9.3", get(), ok(b"Content-Length: 2", body=b"ok", version=b"HTTP/1.0"), reply=b"ok",
         upstream=Upstream.DROPPED),
    bad_answer("an HTTP/1.0 endpoint with neither length nor byte", "RFC 9112 §8", Answer((b"HTTP/1.0 2", Do.CLOSE))),
)  # fmt: skip

CASES = (*_LENGTH, *_EXTRA, *_NONE, *_CHUNKS, *_BROKEN_CHUNKS, *_CUT_CHUNKS, *_STREAMS)
