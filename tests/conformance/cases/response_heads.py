"""Response heads: status lines, fields, framing that contradicts itself (RFC 9112 §4, §5, §6.3)."""

from __future__ import annotations

from tests.conformance.case import GET, OK, Answer, Do, Ending, Upstream, bad_answer, case, get, ok

_POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON"

_STATUS_LINES = tuple(
    bad_answer(
        f"a status line {name}", "RFC 9112 §4: status-line", line + b"\r\nContent-Length: 6\r\n\r\nPOISON"
    )
    for name, line in (
        ("of noise", b"hello"),
        ("of HTML", b"<html>POISON</html>"),
        ("that is empty", b""),
        ("with a status of two digits", b"HTTP/1.1 20 OK"),
        ("with a status of four digits", b"HTTP/1.1 2000 OK"),
        ("with a status of letters", b"HTTP/1.1 abc OK"),
        ("with a status below 100", b"HTTP/1.1 099 X"),
        ("with a status of zero", b"HTTP/1.1 000 X"),
        ("with a negative status", b"HTTP/1.1 -20 X"),
        ("with a signed status", b"HTTP/1.1 +20 X"),
        ("with a status in hexadecimal", b"HTTP/1.1 0xc8 X"),
        ("without status", b"HTTP/1.1"),
        ("without status but a blank", b"HTTP/1.1 "),
        ("with a reason glued to the status", b"HTTP/1.1 200OK"),
        ("with two blanks before the status", b"HTTP/1.1  200 OK"),
        ("with a tab before the status", b"HTTP/1.1\t200 OK"),
        ("with a tab behind the status", b"HTTP/1.1 200\tOK"),
        ("with a blank first", b" HTTP/1.1 200 OK"),
        ("of HTTP/2.0", b"HTTP/2.0 200 OK"),
        ("of HTTP/2", b"HTTP/2 200 OK"),
        ("of HTTP/0.9", b"HTTP/0.9 200 OK"),
        ("of HTTP/3.1", b"HTTP/3.1 200 OK"),
        ("of HTTP/1", b"HTTP/1 200 OK"),
        ("of HTTP/1.10", b"HTTP/1.10 200 OK"),
        ("of HTTP/11.1", b"HTTP/11.1 200 OK"),
        ("of ICY", b"ICY 200 OK"),
        ("of RTSP", b"RTSP/1.0 200 OK"),
        ("in small letters", b"http/1.1 200 OK"),
        ("with NUL in its reason", b"HTTP/1.1 200 O\x00K"),
        ("with a control byte in its reason", b"HTTP/1.1 200 O\x01K"),
        ("with DEL in its reason", b"HTTP/1.1 200 O\x7fK"),
        ("with a bare CR in its reason", b"HTTP/1.1 200 O\rK"),
        ("with a bare LF at its end", b"HTTP/1.1 200 OK\nA: b"),
        ("of a request", b"GET / HTTP/1.1"),
        ("behind an empty line", b"\r\nHTTP/1.1 200 OK"),
        ("with NUL before it", b"\x00HTTP/1.1 200 OK"),
    )
)

_FIELDS = tuple(
    bad_answer(f"a response with {name}", "RFC 9112 §5", ok(line, b"Content-Length: 6", body=b"POISON"))
    for name, line in (
        ("a field without colon", b"hello"),
        ("a field without name", b": x"),
        ("a blank in a name", b"A B: x"),
        ("a name with NUL", b"A\x00: x"),
        ("a name with a control byte", b"A\x01: x"),
        ("a name with a byte above ASCII", b"A\xe9: x"),
        ("a name with a parenthesis", b"A(: x"),
        ("NUL in a value", b"A: x\x00y"),
        ("a control byte in a value", b"A: x\x01y"),
        ("an escape character in a value", b"A: x\x1by"),
        ("DEL in a value", b"A: x\x7fy"),
        ("a bare CR in a value", b"A: x\ry"),
        ("a bare CR that hides a field", b"A: x\rSet-Cookie: POISON"),
        ("a bare LF that hides a field", b"A: x\nSet-Cookie: POISON"),
        ("a line that begins with a blank before any field", b" A: x"),
        ("CR CR LF", b"A: x\r"),
    )
)

_EITHER = tuple(
    case(f"{name}: 502, or repaired", source, get(), ok(*lines, body=b"hello"), status={200, 502}, not_got=forbidden)
    for name, source, lines, forbidden in (
        ("a fold in a response", "RFC 9112 §5.2: MUST replace it or 502", (b"Content-Length: 5", b"A: x", b" y"), (b"\r\n y",)),
        ("a tab fold in a response", "RFC 9112 §5.2", (b"Content-Length: 5", b"A: x", b"\ty"), (b"\r\n\ty",)),
        ("a blank before the colon of a response", "RFC 9112 §5.1: MUST remove it", (b"Content-Length: 5", b"A : x"), (b"A :",)),
        ("two equal lengths of a response", "RFC 9112 §6.3", (b"Content-Length: 5", b"Content-Length: 5"), ()),
        ("a list of equal lengths of a response", "RFC 9112 §6.3", (b"Content-Length: 5, 5",), (b"5, 5",)),
    )
)  # fmt: skip

_LENGTHS = tuple(
    bad_answer(f"a response with {name}", "RFC 9112 §6.3: MUST 502 and discard", ok(*lines, body=body + _POISON))
    for name, lines, body in (
        ("two different lengths", (b"Content-Length: 5", b"Content-Length: 6"), b"hello"),
        ("two different lengths, the larger first", (b"Content-Length: 60", b"Content-Length: 5"), b"hello"),
        ("a list of different lengths", (b"Content-Length: 5, 6",), b"hello"),
        ("a signed length", (b"Content-Length: +5",), b"hello"),
        ("a negative length", (b"Content-Length: -5",), b"hello"),
        ("an empty length", (b"Content-Length:",), b"hello"),
        ("a length in hexadecimal", (b"Content-Length: 0x5",), b"hello"),
        ("a length with a letter", (b"Content-Length: 5a",), b"hello"),
        ("a length with a blank inside", (b"Content-Length: 5 0",), b"hello"),
        ("a length of 2**64", (b"Content-Length: 18446744073709551616",), b"hello"),
        ("a length of 2**64 + 5", (b"Content-Length: 18446744073709551621",), b"hello"),
        ("a length of forty digits", (b"Content-Length: " + b"9" * 40,), b"hello"),
        ("a length of a word", (b"Content-Length: five",), b"hello"),
        ("a fractional length", (b"Content-Length: 5.0",), b"hello"),
        ("a length and a broken one", (b"Content-Length: 5", b"Content-Length: x"), b"hello"),
        ("a folded length", (b"Content-Length:", b" 5"), b"hello"),
        ("a blank before the colon of its length", (b"Content-Length : 5",), b"hello"),
        ("a length and a coding", (b"Content-Length: 5", b"Transfer-Encoding: chunked"), b"5\r\nhello\r\n0\r\n\r\n"),
        ("a coding and a length", (b"Transfer-Encoding: chunked", b"Content-Length: 5"), b"5\r\nhello\r\n0\r\n\r\n"),
        ("a length and identity", (b"Content-Length: 5", b"Transfer-Encoding: identity"), b"hello"),
        ("chunked twice", (b"Transfer-Encoding: chunked, chunked",), b"5\r\nhello\r\n0\r\n\r\n"),
        ("chunked in two lines", (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), b"5\r\nhello\r\n0\r\n\r\n"),
        ("xchunked", (b"Transfer-Encoding: xchunked",), b"5\r\nhello\r\n0\r\n\r\n"),
        ("gzip and chunked", (b"Transfer-Encoding: gzip, chunked",), b"5\r\nhello\r\n0\r\n\r\n"),
        ("chunked and gzip", (b"Transfer-Encoding: chunked, gzip",), b"5\r\nhello\r\n0\r\n\r\n"),
        ("chunked and identity", (b"Transfer-Encoding: chunked, identity",), b"5\r\nhello\r\n0\r\n\r\n"),
        ("an empty coding", (b"Transfer-Encoding:",), b"hello"),
        ("a coding with NUL", (b"Transfer-Encoding: chunked\x00",), b"hello"),
        ("a coding with a vertical tab", (b"Transfer-Encoding: \x0bchunked",), b"hello"),
        ("a coding behind a blank colon", (b"Transfer-Encoding : chunked",), b"5\r\nhello\r\n0\r\n\r\n"),
        ("a coding that is folded", (b"Transfer-Encoding:", b" chunked"), b"5\r\nhello\r\n0\r\n\r\n"),
        ("a coding with a parameter", (b"Transfer-Encoding: chunked;a=b",), b"5\r\nhello\r\n0\r\n\r\n"),
    )
)  # fmt: skip

_OTHERS = (
    bad_answer("HTTP/1.0 with a coding", "RFC 9112 §6.1",
               ok(b"Transfer-Encoding: chunked", version=b"HTTP/1.0", body=b"5\r\nhello\r\n0\r\n\r\nPOISON")),
    bad_answer("a head without an end", "RFC 9112 §8", Answer((b"HTTP/1.1 200 OK\r\nContent-Le", Do.CLOSE))),
    bad_answer("half a status line", "RFC 9112 §8", Answer((b"HTTP/1.", Do.CLOSE))),
    bad_answer("one byte", "RFC 9112 §8", Answer((b"H", Do.CLOSE))),
    bad_answer("nothing but a close", "RFC 9112 §8", Answer((Do.CLOSE,)), get(method=b"POST")),
    bad_answer("nothing but a reset", "RFC 9112 §8", Answer((Do.RESET,)), get(method=b"POST")),
    bad_answer("nothing but the end of its side", "RFC 9112 §8", Answer((Do.HALF_CLOSE,)), get(method=b"POST")),
    bad_answer("a head far too large", "resource limits", ok(b"A: " + b"x" * 100000, body=b"POISON")),
    bad_answer("a head that never ends", "resource limits", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200000),
    bad_answer("noise that never ends a line", "RFC 9112 §4", b"POISON" * 10),
    bad_answer("a TLS alert", "RFC 9112 §4", b"\x15\x03\x01\x00\x02\x02\x46"),
    bad_answer("bare LFs for all line ends", "RFC 9112 §2.2", b"HTTP/1.1 200 OK\nContent-Length: 6\n\nPOISON"),
    bad_answer("a bare LF for the empty line", "RFC 9112 §2.2", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\nPOISON\r\n\r\n"),
    bad_answer("101 that nobody asked for", "RFC 9110 §15.2.2", b"HTTP/1.1 101 X\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\nPOISON"),
    bad_answer("101 without Upgrade", "RFC 9110 §15.2.2: MUST send Upgrade", b"HTTP/1.1 101 X\r\n\r\nPOISON"),
    bad_answer("101 and a response behind it", "Envoy pools such a connection", b"HTTP/1.1 101 X\r\n\r\n" + _POISON),
    bad_answer("101 of HTTP/1.0", "RFC 9110 §15.2.2", b"HTTP/1.0 101 X\r\n\r\nPOISON"),
    case("the answer to a bad response is an answer for HEAD too", "RFC 9110 §9.3.2", get(method=b"HEAD"),
         b"hello\r\n\r\n", status=502, methods=(b"HEAD",), upstream=Upstream.DROPPED),
    case("the answer to a bad response for HTTP/1.0", "RFC 9112 §2.3", get(minor=0), b"hello\r\n\r\n", status=502,
         ending=Ending.CLOSED, minor=0),
)  # fmt: skip

_GOOD_LINES = tuple(
    case(f"a status line {name}", "RFC 9112 §4", GET, line + b"\r\nContent-Length: 2\r\n\r\nok", status=status,
         reply_line=wanted, reply=b"ok", upstream=upstream)
    for name, line, status, wanted, upstream in (
        ("without reason", b"HTTP/1.1 200 ", 200, b"HTTP/1.1 200 ", Upstream.KEPT),
        ("without reason and blank, as many send it", b"HTTP/1.1 200", 200, None, Upstream.KEPT),
        ("with a reason of several words", b"HTTP/1.1 404 Not Found Here", 404, b"HTTP/1.1 404 Not Found Here", Upstream.KEPT),
        ("with a reason above ASCII", b"HTTP/1.1 200 \xc3\xa4", 200, b"HTTP/1.1 200 \xc3\xa4", Upstream.KEPT),
        ("with a tab in its reason", b"HTTP/1.1 200 a\tb", 200, b"HTTP/1.1 200 a\tb", Upstream.KEPT),
        ("of HTTP/1.0, passed on as ours", b"HTTP/1.0 200 OK", 200, b"HTTP/1.1 200 OK", Upstream.DROPPED),
        ("of HTTP/1.0 without reason", b"HTTP/1.0 200", 200, None, Upstream.DROPPED),
        ("with a strange status", b"HTTP/1.1 299 Strange", 299, b"HTTP/1.1 299 Strange", Upstream.KEPT),
        ("with a status at the end of its class", b"HTTP/1.1 599 X", 599, b"HTTP/1.1 599 X", Upstream.KEPT),
        ("of 500", b"HTTP/1.1 500 Internal", 500, b"HTTP/1.1 500 Internal", Upstream.KEPT),
        ("of 503", b"HTTP/1.1 503 Busy", 503, b"HTTP/1.1 503 Busy", Upstream.KEPT),
        ("of 301", b"HTTP/1.1 301 Moved", 301, b"HTTP/1.1 301 Moved", Upstream.KEPT),
        ("of 206", b"HTTP/1.1 206 Partial Content", 206, b"HTTP/1.1 206 Partial Content", Upstream.KEPT),
    )
)  # fmt: skip

_GOOD = (
    case("a response head byte by byte", "RFC 9112 §2.2", get(), Answer(tuple(bytes((b,)) for b in OK)), reply=b"ok", upstream=Upstream.KEPT),
    case("a response with bytes above ASCII in a value", "RFC 9110 §5.5", get(), ok(b"A: \xe4", b"Content-Length: 0"), reply_has=(b"a: \xe4",)),
    case("a response with a tab in a value", "RFC 9110 §5.5", get(), ok(b"A: x\ty", b"Content-Length: 0"), reply_has=(b"a: x\ty",)),
    case("a response with an empty value", "RFC 9110 §5.5", get(), ok(b"A:", b"Content-Length: 0"), reply_has=(b"a",)),
    case("a response head of 30 kB", "large heads", get(), ok(*(b"X-%d: %b" % (n, b"y" * 1000) for n in range(30)), b"Content-Length: 0"),
         reply_has=(b"x-29",)),
    case("a response with zeros before its length", "RFC 9110 §8.6", get(), ok(b"Content-Length: 002", body=b"ok"), reply=b"ok"),
    case("a response with forty zeros before its length", "RFC 9110 §8.6", get(), ok(b"Content-Length: " + b"0" * 40 + b"2", body=b"ok"), reply=b"ok"),
    case("a response with blanks around its length", "RFC 9112 §5.1", get(), ok(b"Content-Length: \t 2 \t", body=b"ok"), reply=b"ok"),
    case("a coding in capitals", "RFC 9112 §7", get(), ok(b"TRANSFER-ENCODING: CHUNKED", body=b"2\r\nok\r\n0\r\n\r\n"), reply=b"ok", upstream=Upstream.KEPT),
    case("a response coding between tabs", "RFC 9112 §5.1", get(), ok(b"Transfer-Encoding:\tchunked\t", body=b"2\r\nok\r\n0\r\n\r\n"), reply=b"ok"),
    case("a redirect is passed on as it is", "RFC 9110 §10.2.2", get(), ok(b"Location: http://x/y", b"Content-Length: 0", status=b"302 Found"),
         status=302, reply_has=(b"location: http://x/y",)),
)  # fmt: skip

CASES = (*_STATUS_LINES, *_FIELDS, *_EITHER, *_LENGTHS, *_OTHERS, *_GOOD_LINES, *_GOOD)
