"""Whole attacks from published desync research, each against the connection that another client uses next.

Sources: Kettle, "HTTP Desync Attacks" (2019), "Browser-Powered Desync Attacks" (2022, CL.0, client-side,
pause-based), "HTTP/1.1 must die" (2025, 0.CL, Expect, V-H and H-V gaps); Klein, "HTTP Request Smuggling in
2020"; Grenfeldt et al. (2021); Jabiyev et al., "T-Reqs" (2021); regilero; Bishop Fox, h2c (2020).
Of each: nothing that the attacker hid reaches the endpoint as a request of its own.
"""

from __future__ import annotations

from tests.conformance.case import (
    OK,
    Answer,
    ClientHas,
    Do,
    Ending,
    EndpointHas,
    Upstream,
    broken_off,
    case,
    chunked,
    get,
    ok,
    post,
    refused,
)

_HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
_NEVER = {"never": (b"/smuggled",)}

_REFUSED = tuple(
    refused(name, source, send, {400, 405, 501}, **_NEVER)
    for name, source, send in (
        ("CL.TE, basic", "Kettle 2019", post(b"Content-Length: 41", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + _HIDDEN)),
        ("TE.CL, basic", "Kettle 2019", post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"24\r\n" + _HIDDEN + b"\r\n0\r\n\r\n")),
        ("CL.CL", "Linhart et al. 2005", post(b"Content-Length: 0", b"Content-Length: 36", body=_HIDDEN)),
        ("CL.TE behind a space before the colon", "Kettle 2019", post(b"Content-Length: 41", b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + _HIDDEN)),
        ("CL.TE behind LF", "Kettle 2019", post(b"Content-Length: 41", b"X: y\nTransfer-Encoding: chunked", body=b"0\r\n\r\n" + _HIDDEN)),
        ("CL.TE behind CR", "Klein 2020", post(b"Content-Length: 41", b"X: y\rTransfer-Encoding: chunked", body=b"0\r\n\r\n" + _HIDDEN)),
        ("CL.TE behind a fold", "regilero", post(b"Content-Length: 41", b"X: y", b" Transfer-Encoding: chunked", body=b"0\r\n\r\n" + _HIDDEN)),
        ("CR before the field name", "Klein 2020: CR SP", post(b"\rContent-Length: 36", body=_HIDDEN)),
        ("a signed length", "CVE-2021-22959", post(b"Content-Length: +36", body=_HIDDEN)),
        ("a length that wraps to zero", "HAProxy 2.6: taken as 0", post(b"Content-Length: 18446744073709551616", body=_HIDDEN)),
        ("a length that wraps to 36", "integer overflow", post(b"Content-Length: 18446744073709551652", body=_HIDDEN)),
        ("a length behind NUL", "regilero", post(b"Content-Length: 0\x0036", body=_HIDDEN)),
        ("a hidden Content-Length: junk before the colon", "H-V gap, Kettle 2025", post(b"Content-Length abc: 36", body=_HIDDEN)),
        ("a hidden Host: junk before the colon", "V-H gap, Kettle 2025", get(b"Host abc: b")),
        ("a hidden Host: a blank first", "V-H gap, Kettle 2025", get(b" Host: b")),
        ("a hidden Host: a fold", "V-H gap, Kettle 2025", b"GET / HTTP/1.1\r\nX: y\r\n\tHost: b\r\nHost: a\r\n\r\n"),
        ("a request line with two targets", "T-Reqs 2021", b"GET / /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a request line with a broken version", "T-Reqs 2021", b"GET / HTTP/1.1/smuggled\r\nHost: a\r\n\r\n"),
        ("a method with a blank before", "T-Reqs 2021", b"\x20GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a method behind a form feed", "T-Reqs 2021", b"\x0cGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a header block that ends in LF LF", "T-Reqs 2021", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 36\n\n" + _HIDDEN),
        ("a response split in a target", "header injection", b"GET /\r\nX: y HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a header injected by CR LF in a target", "header injection", b"GET /a HTTP/1.1\r\nX:\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("HTTP/1.0 with a coding", "RFC 9112 §6.1", post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + _HIDDEN, minor=0)),
    )
)  # fmt: skip

_BODIES = tuple(
    case(f"{name}: the hidden request stays a body", source, send, body=body, whole=1, upstream=Upstream.KEPT)
    for name, source, send, body in (
        ("CL.0 with GET", "Kettle 2022", post(b"Content-Length: 36", body=_HIDDEN + b"x", method=b"GET"), _HIDDEN + b"x"),
        ("CL.0 with HEAD-like OPTIONS", "Kettle 2022", post(b"Content-Length: 36", body=_HIDDEN + b"x", method=b"OPTIONS"), _HIDDEN + b"x"),
        ("CL.0 with a nominated length", "Kettle 2022", post(b"Connection: Content-Length", b"Content-Length: 36", body=_HIDDEN + b"x"), _HIDDEN + b"x"),
        ("CL.0 with TRACE", "Kettle 2022", post(b"Content-Length: 36", body=_HIDDEN + b"x", method=b"TRACE"), _HIDDEN + b"x"),
        ("CL.0 with an upgrade", "h2c smuggling", post(b"Connection: upgrade", b"Upgrade: x", b"Content-Length: 36", body=_HIDDEN + b"x"), _HIDDEN + b"x"),
        ("chunks of a GET", "Kettle 2022", get(b"Transfer-Encoding: chunked") + b"23\r\n" + _HIDDEN + b"\r\n0\r\n\r\n", _HIDDEN),
    )
)  # fmt: skip

_OTHERS = (
    case("client-side desync: a body that is not read is no request", "Kettle 2022",
         (post(b"Content-Length: 35"), ClientHas(b"HTTP/1.1 302"), _HIDDEN), Answer((ok(b"Content-Length: 0", b"Location: /x", status=b"302 Found"),), early=True),
         status=302, ending=Ending.CLOSED, upstream=Upstream.DROPPED, whole=0, **_NEVER),
    case("pause-based desync: a body after the answer is no request", "Kettle 2022",
         (post(b"Content-Length: 35"), ClientHas(b"408 Request"), _HIDDEN), Answer((ok(b"Content-Length: 0", status=b"408 Request Timeout"),), early=True),
         status=408, ending=Ending.CLOSED, upstream=Upstream.DROPPED, whole=0, **_NEVER),
    case("0.CL: an answer before the body, then the rest of it", "Kettle 2025",
         (post(b"Content-Length: 40"), ClientHas(b"HTTP/1.1 404"), _HIDDEN + b"GET / "), Answer((ok(b"Content-Length: 0", status=b"404 Not Found"),), early=True),
         status=404, ending=Ending.CLOSED, upstream=Upstream.DROPPED, whole=0, **_NEVER),
    case("a HEAD answered with a body does not answer the next client", "response queue poisoning",
         (get(method=b"HEAD"), Do.ENDPOINT_GONE), ok(b"Content-Length: 40", body=OK), methods=(b"HEAD",), upstream=Upstream.DROPPED),
    case("two answers to one request do not answer the next client", "response queue poisoning", (get(), Do.ENDPOINT_GONE),
         OK + ok(b"Content-Length: 6", body=b"POISON"), upstream=Upstream.DROPPED, not_got=(b"POISON",)),
    case("an answer split by its own body", "response splitting", get(), ok(b"Content-Length: 0") + ok(b"Content-Length: 6", body=b"POISON"),
         upstream=Upstream.DROPPED, not_got=(b"POISON",), ending=Ending.ANY),
    case("an answer to a request whose client has gone", "response queue poisoning", (get(), EndpointHas(b"GET /"), Do.RESET, Do.ENDPOINT_GONE),
         Answer((Do.CLIENT_GONE, ok(b"Content-Length: 6", body=b"POISON"))), status=(), ending=Ending.ANY, upstream=Upstream.DROPPED),
    broken_off("TERM.EXT: LF ends an extension", "w4ke 2025", chunked(b"2;\nxx\r\n23\r\n" + _HIDDEN + b"0\r\n\r\n")),
    broken_off("EXT.TERM: LF inside an extension", "w4ke 2025", chunked(b"5;a=\nhello\r\n0\r\n\r\n" + _HIDDEN), **_NEVER),
    broken_off("TERM.SPILL: LF ends a chunk", "w4ke 2025", chunked(b"5\r\nhello\n2f\r\n0\r\n\r\n" + _HIDDEN), **_NEVER),
    broken_off("SPILL.TERM: bytes between a chunk and its CRLF", "w4ke 2025", chunked(b"5\r\nhelloX\r\n0\r\n\r\n" + _HIDDEN), **_NEVER),
    broken_off("ONE.TWO: one byte for CRLF", "w4ke 2025", chunked(b"5\r\nhello\r0\r\n\r\n" + _HIDDEN), **_NEVER),
    broken_off("two bytes for CRLF", "w4ke 2025", chunked(b"5\r\nhello\x00\x000\r\n\r\n" + _HIDDEN), **_NEVER),
    broken_off("a size that wraps", "CVE-2019-16276 and kin", chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n" + _HIDDEN), **_NEVER),
    broken_off("a negative size", "Jabiyev 2021", chunked(b"-1\r\nhello\r\n0\r\n\r\n" + _HIDDEN), **_NEVER),
    broken_off("0x before a size", "Grenfeldt 2021", chunked(b"0x23\r\n" + _HIDDEN + b"\r\n0\r\n\r\n")),
    case("a coding in the trailers changes nothing", "RFC 9112 §7.1.2", chunked(b"2\r\nhi\r\n0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
         body=b"hi", trailers=b"", whole=1, upstream=Upstream.KEPT),
    case("fields of CGI names are other fields", "underscores", post(b"Content_Length: 99", b"Transfer_Encoding: chunked", b"Content-Length: 2", body=b"hi"),
         status={200, 400}, ending=Ending.ANY, body=b"hi"),
    case("a broken request behind a good one takes nobody's answer", "Kettle 2019",
         get(target=b"/1") + b"GET / HTTP/1.1\r\nHost: a\r\nX: ", status=200, ending=Ending.ANY, whole=1),
    case("a request in the value of a field stays there", "header injection", get(b"X: GET /smuggled HTTP/1.1"), has=(b"x: GET /smuggled HTTP/1.1",), whole=1),
    case("a long run of empty lines", "resource limits", b"\r\n" * 100_000 + get(), whole=1),
)  # fmt: skip

CASES = (*_REFUSED, *_BODIES, *_OTHERS)
