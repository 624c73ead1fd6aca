"""Field lines of requests: names, values, folds, line ends, limits (RFC 9112 §5, RFC 9110 §5)."""

from __future__ import annotations

from tests.conformance.case import EndpointHas, case, get, refused

_NAMES = tuple(
    refused(f"{name} in a field name", "RFC 9110 §5.1: token", get(line))
    for name, line in (
        ("a blank", b"X Y: z"),
        ("a blank before the colon", b"X : z"),
        ("a tab before the colon", b"X\t: z"),
        ("nothing", b": z"),
        ("a blank alone", b" : z"),
        ("NUL", b"X\x00: z"),
        ("NUL first", b"\x00X: z"),
        ("a control byte", b"X\x01: z"),
        ("a vertical tab", b"X\x0b: z"),
        ("a form feed", b"X\x0c: z"),
        ("DEL", b"X\x7f: z"),
        ("a byte above ASCII", b"X\xe9: z"),
        ("a no-break space", b"X\xa0: z"),
        ("a parenthesis", b"X(: z"),
        ("a comma", b"X,Y: z"),
        ("a slash", b"X/Y: z"),
        ("a semicolon", b"X;Y: z"),
        ("an equals sign", b"X=Y: z"),
        ("a question mark", b"X?: z"),
        ("an at sign", b"X@Y: z"),
        ("brackets", b"X[0]: z"),
        ("a backslash", b"X\\: z"),
        ("braces", b"{X}: z"),
        ("a double quote", b'"X": z'),
        ("an angle bracket", b"<X>: z"),
        ("no colon", b"X"),
        ("no colon but a blank", b"X y z"),
        ("a bare CR", b"X\rY: z"),
        ("a second line without colon", b"X: y\r\nhello"),
    )
)

_VALUES = tuple(
    refused(
        f"the byte {byte:02x} in a field value",
        "RFC 9110 §5.5: invalid and dangerous",
        get(b"X: a%cb" % byte),
    )
    for byte in (*range(9), *range(10, 32), 127)
)

_LINES = (
    refused("a fold with a blank", "RFC 9112 §5.2: MUST reject or replace", get(b"X: y", b" z")),
    refused("a fold with a tab", "RFC 9112 §5.2", get(b"X: y", b"\tz")),
    refused("a fold of blanks alone", "RFC 9112 §5.2", get(b"X: y", b"   ")),
    refused("a fold that hides a coding", "RFC 9112 §5.2", get(b"X: y", b" Transfer-Encoding: chunked")),
    refused("a fold that begins a value", "RFC 9112 §5.2", get(b"X:", b" y")),
    refused("a bare LF between fields", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    refused("bare LFs alone", "RFC 9112 §2.2", b"GET / HTTP/1.1\nHost: a\n\n"),
    refused("a bare LF for the empty line", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\nHost: a\r\n\n"),
    refused("LF CR for the empty line", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\nHost: a\n\r\n"),
    refused("two CRs before LF", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    refused("a CR alone on a line", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"),
    refused("a bare CR that another reader takes for a line", "RFC 9112 §2.2", get(b"X: y\rContent-Length: 5")),
    refused("CR NUL LF", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\nHost: a\r\x00\n\r\n"),
    refused("a blank line of blanks", "RFC 9112 §5.2", b"GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n"),
    refused("a NEL for a line end", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\nHost: a\x85X: y\r\n\r\n"),
    refused("more fields than allowed", "RFC 6585 §5", get(*(b"X-%d: y" % n for n in range(200))), 431),
    refused("a field too large", "RFC 6585 §5", get(b"X: " + b"y" * 40000), 431),
    refused("a field too large, unfinished", "RFC 6585 §5", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40000, 431),
    refused("a field name too large", "RFC 6585 §5", get(b"X" * 40000 + b": y"), 431),
)  # fmt: skip

_KEPT = tuple(
    case(
        f"a field with {name} is passed on as it is",
        "RFC 9110 §5.1: MUST forward unknown fields",
        get(line),
        has=(line,),
        whole=1,
    )
    for name, line in (
        ("an unknown name", b"X-Unknown: y"),
        ("an empty value", b"X-Empty:"),
        ("every token character", b"!#$%&'*+-.^_`|~09az: y"),
        ("a tab inside its value", b"X: a\tb"),
        ("bytes above ASCII", b"X: \xe4\xf6\x80\xff"),
        ("a quoted string", b'X: "a, b; c=\\"d\\""'),
        ("colons in its value", b"X: a:b:c"),
        ("a long value", b"X: " + b"y" * 20000),
        ("a long name", b"X" * 300 + b": y"),
        ("a cookie", b"Cookie: a=b; c=d"),
        ("credentials", b"Authorization: Basic YTpi"),
        ("a comment", b"User-Agent: a (b; c)"),
        ("a range", b"Range: bytes=0-1"),
        ("a date", b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Proxy-Authorization, which is for whom it names", b"Proxy-Authorization: Basic YTpi"),
        ("Content-Type without a body", b"Content-Type: a/b"),
        ("a name that ends like another", b"X-Content-Length: 5"),
        ("a name that ends like a coding", b"X-Transfer-Encoding: chunked"),
    )
)

_ORDER = (
    case(
        "fields of one name keep their order",
        "RFC 9110 §5.3: MUST NOT change the order",
        (get(b"X: 1", b"Y: 0", b"x: 2", b"X: 3"), EndpointHas(b"X: 1\r\nY: 0\r\nx: 2\r\nX: 3\r\n")),
        whole=1,
    ),
    case(
        "a hundred fields",
        "RFC 9110 §5.4",
        get(*(b"X-%d: y" % n for n in range(80))),
        has=(b"x-0: y", b"x-79: y"),
    ),
    case(
        "a head in many pieces",
        "RFC 9112 §2.2",
        (b"GET / HT", b"TP/1.1\r", b"\nHo", b"st: a\r\n", b"X: y\r\n\r", b"\n"),
        has=(b"x: y",),
        whole=1,
    ),
    case(
        "blanks around a value are no part of it",
        "RFC 9112 §5.1",
        get(b"X:  \t y \t "),
        has=(b"x: y",),
    ),
    case("Set-Cookie in a request", "RFC 9110 §5.3", get(b"Set-Cookie: a=b"), has=(b"set-cookie: a=b",)),
)

CASES = (*_NAMES, *_VALUES, *_LINES, *_KEPT, *_ORDER)
