"""Transfer-Encoding in requests: only `chunked`, alone, in HTTP/1.1 (RFC 9112 §6.1, §6.3, §7).

Sources besides the RFC: "HTTP Desync Attacks" (Kettle 2019, CL.TE, TE.CL, TE.TE), "HTTP/1.1 must die"
(Kettle 2025), "T-Reqs" (Jabiyev et al. 2021), regilero's smuggling notes.
"""

from __future__ import annotations

from tests.conformance.case import Ending, case, chunked, post, refused

_END = b"0\r\n\r\n"
_SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

_TE_TE = tuple(
    refused(
        f"Transfer-Encoding obfuscated: {name}",
        "RFC 9112 §6.1, §6.3; TE.TE of Desync Attacks",
        post(*lines, body=b"5\r\nhello\r\n" + _END + _SMUGGLED),
        {400, 501},
        never=(b"/smuggled",),
    )
    for name, lines in (
        ("xchunked", (b"Transfer-Encoding: xchunked",)),
        ("chunkedx", (b"Transfer-Encoding: chunkedx",)),
        ("chunk", (b"Transfer-Encoding: chunk",)),
        ("empty", (b"Transfer-Encoding:",)),
        ("blank", (b"Transfer-Encoding:  ",)),
        ("a comma", (b"Transfer-Encoding: ,",)),
        ("comma behind", (b"Transfer-Encoding: chunked,",)),
        ("comma before", (b"Transfer-Encoding: ,chunked",)),
        ("a parameter", (b"Transfer-Encoding: chunked;q=1",)),
        ("a parameter with blank", (b"Transfer-Encoding: chunked ; a=b",)),
        ("quotes", (b'Transfer-Encoding: "chunked"',)),
        ("single quotes", (b"Transfer-Encoding: 'chunked'",)),
        ("twice in a list", (b"Transfer-Encoding: chunked, chunked",)),
        ("twice in two lines", (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked")),
        ("gzip", (b"Transfer-Encoding: gzip",)),
        ("gzip before", (b"Transfer-Encoding: gzip, chunked",)),
        ("gzip behind", (b"Transfer-Encoding: chunked, gzip",)),
        ("gzip in a line before", (b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked")),
        ("identity", (b"Transfer-Encoding: identity",)),
        ("identity before", (b"Transfer-Encoding: identity, chunked",)),
        ("identity behind", (b"Transfer-Encoding: chunked, identity",)),
        ("identity in a line behind", (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity")),
        ("cow in a line behind", (b"Transfer-Encoding: chunked", b"Transfer-encoding: cow")),
        ("cow alone", (b"Transfer-Encoding: cow",)),
        ("an empty line of it behind", (b"Transfer-Encoding: chunked", b"Transfer-Encoding:")),
        ("blank before the colon", (b"Transfer-Encoding : chunked",)),
        ("tab before the colon", (b"Transfer-Encoding\t: chunked",)),
        ("folded", (b"Transfer-Encoding:", b" chunked")),
        ("folded with a tab", (b"Transfer-Encoding:", b"\tchunked")),
        ("folded behind", (b"Transfer-Encoding: chunked", b" , identity")),
        ("a line that begins with a blank", (b" Transfer-Encoding: chunked",)),
        ("a fold of another field", (b"X: y", b" Transfer-Encoding: chunked")),
        ("a vertical tab", (b"Transfer-Encoding:\x0bchunked",)),
        ("a form feed", (b"Transfer-Encoding:\x0cchunked",)),
        ("a vertical tab behind", (b"Transfer-Encoding: chunked\x0b",)),
        ("NUL before", (b"Transfer-Encoding: \x00chunked",)),
        ("NUL behind", (b"Transfer-Encoding: chunked\x00",)),
        ("NUL in the name", (b"Transfer\x00-Encoding: chunked",)),
        ("a no-break space", (b"Transfer-Encoding:\xa0chunked",)),
        ("a control byte", (b"Transfer-Encoding: \x01chunked",)),
        ("DEL", (b"Transfer-Encoding: chunked\x7f",)),
        ("a high byte", (b"Transfer-Encoding: chunked\xff",)),
        ("a bare CR before", (b"X: y\rTransfer-Encoding: chunked",)),
        ("a bare CR behind", (b"Transfer-Encoding: chunked\r",)),
        ("a bare LF before", (b"X: y\nTransfer-Encoding: chunked",)),
        ("a bare LF behind", (b"Transfer-Encoding: chunked\nX: y",)),
        ("a bare LF in front of its value", (b"Transfer-Encoding:\n chunked",)),
        ("brackets", (b"Transfer-Encoding: [chunked]",)),
        ("a blank inside", (b"Transfer-Encoding: chu nked",)),
        ("a colon more", (b"Transfer-Encoding:: chunked",)),
        ("an escape", (b"Transfer-Encoding: %63hunked",)),
        ("dotless letters", "Transfer-Encoding: chun\u212aed".encode().split(b"\r\n")),
        ("a list with another word", (b"Transfer-Encoding: x, chunked",)),
        ("trailers", (b"Transfer-Encoding: trailers",)),
        ("of HTTP/1.0 proxies", (b"Transfer-Encoding: chunked, close",)),
    )
)

_BOTH = tuple(
    refused(
        f"CL and TE: {name}",
        "RFC 9112 §6.1, §6.3; CL.TE and TE.CL of Desync Attacks",
        post(*lines, body=body),
        never=(b"/smuggled",),
    )
    for name, lines, body in (
        ("the length first", (b"Content-Length: 5", b"Transfer-Encoding: chunked"), _END),
        ("the coding first", (b"Transfer-Encoding: chunked", b"Content-Length: 5"), _END),
        ("CL.TE", (b"Content-Length: 40", b"Transfer-Encoding: chunked"), _END + _SMUGGLED),
        ("TE.CL", (b"Content-Length: 4", b"Transfer-Encoding: chunked"), b"23\r\n" + _SMUGGLED + b"\r\n" + _END),
        ("a length of zero", (b"Content-Length: 0", b"Transfer-Encoding: chunked"), _END),
        ("a broken length", (b"Content-Length: x", b"Transfer-Encoding: chunked"), _END),
        ("a broken coding", (b"Content-Length: 5", b"Transfer-Encoding: xchunked"), b"hello"),
        ("identity", (b"Content-Length: 5", b"Transfer-Encoding: identity"), b"hello"),
        ("an empty coding", (b"Content-Length: 5", b"Transfer-Encoding:"), b"hello"),
        ("the coding nominated", (b"Connection: Transfer-Encoding", b"Content-Length: 40", b"Transfer-Encoding: chunked"), _END + _SMUGGLED),
        ("the length nominated", (b"Connection: Content-Length", b"Content-Length: 40", b"Transfer-Encoding: chunked"), _END + _SMUGGLED),
        ("the length in other case", (b"CONTENT-LENGTH: 5", b"transfer-encoding: CHUNKED"), _END),
        ("far apart", (b"Content-Length: 5", *(b"X-%d: y" % n for n in range(30)), b"Transfer-Encoding: chunked"), _END),
        ("two lengths and a coding", (b"Content-Length: 5", b"Content-Length: 5", b"Transfer-Encoding: chunked"), _END),
    )
)  # fmt: skip

_OLD = tuple(
    refused(
        f"Transfer-Encoding in HTTP/1.0: {name}",
        "RFC 9112 §6.1: faulty framing in HTTP/1.0",
        post(*lines, body=b"5\r\nhello\r\n" + _END, minor=0),
        minor=0,
    )
    for name, lines in (
        ("chunked", (b"Transfer-Encoding: chunked",)),
        ("chunked with keep-alive", (b"Transfer-Encoding: chunked", b"Connection: keep-alive")),
        ("with a length", (b"Transfer-Encoding: chunked", b"Content-Length: 5")),
        ("identity", (b"Transfer-Encoding: identity",)),
    )
)

_FINE = tuple(
    case(f"chunked, {name}", "RFC 9112 §6.1: coding names have no case", post(*lines, body=b"5\r\nhello\r\n" + _END),
         body=b"hello", has=(b"transfer-encoding",), lacks=(b"content-length",), whole=1)
    for name, lines in (
        ("plain", (b"Transfer-Encoding: chunked",)),
        ("in capitals", (b"TRANSFER-ENCODING: CHUNKED",)),
        ("in mixed case", (b"transfer-Encoding: chUnked",)),
        ("without a blank", (b"Transfer-Encoding:chunked",)),
        ("between blanks", (b"Transfer-Encoding:  chunked  ",)),
        ("between tabs", (b"Transfer-Encoding:\tchunked\t",)),
    )
)  # fmt: skip

_OTHERS = (
    case(
        "Transfer-Encoding nominated by Connection is still the framing",
        "RFC 9110 §7.6.1; hop-by-hop abuse",
        chunked(b"5\r\nhello\r\n" + _END, b"Connection: Transfer-Encoding"),
        body=b"hello",
        whole=1,
    ),
    case(
        "Content-Length nominated by Connection is still the framing",
        "RFC 9110 §7.6.1; hop-by-hop abuse (CL.0)",
        post(b"Connection: Content-Length", b"Content-Length: 5", body=b"hello"),
        body=b"hello",
        whole=1,
    ),
    case(
        "Host nominated by Connection is still there",
        "RFC 9110 §7.6.1; hop-by-hop abuse",
        post(b"Connection: Host"),
        has=(b"host: a",),
        whole=1,
    ),
    case(
        "Transfer_Encoding is another field",
        "RFC 9110 §5.1; underscores of CGI",
        post(b"Transfer_Encoding: chunked", b"Content-Length: 5", body=b"hello"),
        body=b"hello",
        status={200, 400},
        ending=Ending.ANY,
    ),
    case(
        "Content_Length is another field",
        "RFC 9110 §5.1; underscores of CGI",
        post(b"Content_Length: 0", b"Content-Length: 5", body=b"hello"),
        body=b"hello",
        status={200, 400},
        ending=Ending.ANY,
    ),
    case(
        "TE: chunked is dropped",
        "RFC 9110 §10.1.4",
        post(b"TE: chunked", b"Connection: TE"),
        lacks=(b"te", b"connection"),
        whole=1,
    ),
    case(
        "Content-Encoding is not a transfer coding",
        "RFC 9110 §8.4",
        post(b"Content-Encoding: chunked", b"Content-Length: 5", body=b"hello"),
        body=b"hello",
        has=(b"content-encoding: chunked",),
    ),
)

CASES = (*_TE_TE, *_BOTH, *_OLD, *_FINE, *_OTHERS)
