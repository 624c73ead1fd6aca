"""Request lines: methods, targets in their four forms, versions, and what comes before them."""

from __future__ import annotations

from tests.conformance.case import Ending, case, get, refused


def _line(line: bytes) -> bytes:
    return line + b"\r\nHost: a\r\n\r\n"


_METHODS = tuple(
    case(
        f"{method} is forwarded as it is",
        "RFC 9110 §9",
        get(method=method.encode(), target=b"/m"),
        line=method.encode() + b" /m HTTP/1.1",
        whole=1,
        methods=(method.encode(),),
    )
    for method in (
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "PROPFIND",
        "PROPPATCH",
        "REPORT",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "SEARCH",
        "PURGE",
        "LINK",
        "UNLINK",
        "MERGE",
        "NOTIFY",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "BIND",
        "ACL",
    )
)

_UNKNOWN_METHODS = tuple(
    case(
        f"the method {method} is a token: forwarded unchanged or answered 501",
        "RFC 9110 §9.1",
        get(method=method.encode()),
        status={200, 501},
        ending=Ending.ANY,
    )
    for method in ("FOO", "get", "GETT", "X-Y!#$%&'*+.^_`|~9", "G")
)

_METHODS_OF_RTSP = tuple(
    refused(f"the method {method} is not of HTTP", "RFC 9110 §15.6.2: 501", get(method=method.encode()), 501)
    for method in (
        "ANNOUNCE",
        "DESCRIBE",
        "FLUSH",
        "GET_PARAMETER",
        "PAUSE",
        "PLAY",
        "RECORD",
        "REDIRECT",
        "SETUP",
        "SET_PARAMETER",
        "TEARDOWN",
    )
)

_NOT_METHODS = tuple(
    refused(f"{name} in the method", "RFC 9110 §9.1: token", _line(method + b" / HTTP/1.1"), {400, 501})
    for name, method in (
        ("a colon", b"GE:T"),
        ("a comma", b"GE,T"),
        ("a slash", b"G/T"),
        ("a quote", b'GE"T'),
        ("an at sign", b"GE@T"),
        ("brackets", b"G[E]T"),
        ("NUL", b"GE\x00T"),
        ("DEL", b"GE\x7fT"),
        ("a byte above ASCII", b"GE\xe9T"),
        ("nothing", b""),
        ("an escape character", b"GE\x1bT"),
    )
)

_TARGETS = tuple(
    case(f"the target {target.decode()} is not changed", "RFC 9112 §3.2.1", get(target=target),
         line=b"GET " + target + b" HTTP/1.1", whole=1)
    for target in (
        b"/", b"/a/b?c=d&e=f", b"/a//b", b"/./a/../b", b"/%41%2f%2F", b"/?", b"/?a?b", b"/a;b=c,d", b"//host/x",
        b"/:80", b"/a@b:c", b"/a+b%20c", b"/'()*!$&", b"/" + b"x" * 4000, b"/~[a]", b"/http://b/",
    )
)  # fmt: skip

_BAD_TARGETS = tuple(
    refused(
        f"{name} in the request target",
        "RFC 9112 §3.2: request-target",
        _line(b"GET " + target + b" HTTP/1.1"),
    )
    for name, target in (
        ("a fragment", b"/a#b"),
        ("a blank", b"/a b"),
        ("a tab", b"/a\tb"),
        ("NUL", b"/a\x00b"),
        ("a control byte", b"/a\x01b"),
        ("DEL", b"/a\x7fb"),
        ("a vertical tab", b"/a\x0bb"),
        ("a form feed", b"/a\x0cb"),
        ("a byte above ASCII", b"/a\xe9b"),
        ("UTF-8", "/ä".encode()),
        ("angle brackets", b"/<a>"),
        ("a double quote", b'/"a"'),
        ("a bare CR", b"/a\rb"),
        ("no slash", b"a/b"),
        ("an authority alone", b"a:80"),
        ("a relative path with dots", b"../a"),
        ("a query alone", b"?a=b"),
        ("an asterisk for GET", b"*"),
        ("an asterisk with more", b"*/a"),
        ("a scheme without authority", b"http:/a"),
        ("a scheme alone", b"http://"),
        ("another scheme", b"ftp://a/"),
        ("a javascript scheme", b"javascript:alert(1)"),
        ("a broken escape", b"/a%zzb"),
        ("a cut escape", b"/a%4"),
        ("a backslash first", b"\\a"),
    )
)

_ABSOLUTE = (
    case(
        "absolute-form becomes origin-form, and its authority the Host",
        "RFC 9112 §3.2.2: MUST ignore the received Host and use the target's",
        b"GET http://b/x?y=z HTTP/1.1\r\nHost: a\r\n\r\n",
        line=b"GET /x?y=z HTTP/1.1",
        has=(b"host: b",),
    ),
    case(
        "absolute-form with a port",
        "RFC 9112 §3.2.2",
        b"GET http://b:8080/x HTTP/1.1\r\nHost: a:1\r\n\r\n",
        line=b"GET /x HTTP/1.1",
        has=(b"host: b:8080",),
    ),
    case(
        "absolute-form without a path has the path /",
        "RFC 9112 §3.2.1: an empty path MUST be sent as /",
        b"GET http://b HTTP/1.1\r\nHost: b\r\n\r\n",
        line=b"GET / HTTP/1.1",
    ),
    case(
        "absolute-form without a path but with a query",
        "RFC 9112 §3.2.1",
        b"GET http://b?q HTTP/1.1\r\nHost: b\r\n\r\n",
        line=b"GET /?q HTTP/1.1",
    ),
    case(
        "absolute-form with a scheme in capitals",
        "RFC 9110 §4.2.3: schemes have no case",
        b"GET HTTP://b/x HTTP/1.1\r\nHost: b\r\n\r\n",
        line=b"GET /x HTTP/1.1",
        has=(b"host: b",),
    ),
    case(
        "absolute-form with an IPv6 authority",
        "RFC 9112 §3.2.2",
        b"GET http://[::1]:80/x HTTP/1.1\r\nHost: a\r\n\r\n",
        line=b"GET /x HTTP/1.1",
        has=(b"host: [::1]:80",),
    ),
    case(
        "absolute-form over HTTP/1.0 without Host",
        "RFC 9112 §3.2.2",
        b"GET http://b/x HTTP/1.0\r\n\r\n",
        line=b"GET /x HTTP/1.1",
        has=(b"host: b",),
        ending=Ending.CLOSED,
        minor=0,
    ),
    case(
        "absolute-form with a body keeps it",
        "RFC 9112 §3.2.2",
        b"POST http://b/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
        body=b"hi",
        has=(b"host: b", b"content-length: 2"),
    ),
    case(
        "absolute-form OPTIONS without a path becomes asterisk-form",
        "RFC 9112 §3.2.4",
        b"OPTIONS http://b:8001 HTTP/1.1\r\nHost: b:8001\r\n\r\n",
        line=b"OPTIONS * HTTP/1.1",
        has=(b"host: b:8001",),
    ),
    case(
        "absolute-form OPTIONS with the path / keeps it",
        "RFC 9112 §3.2.4",
        b"OPTIONS http://b/ HTTP/1.1\r\nHost: b\r\n\r\n",
        line=b"OPTIONS / HTTP/1.1",
    ),
    case(
        "asterisk-form",
        "RFC 9112 §3.2.4",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        line=b"OPTIONS * HTTP/1.1",
        whole=1,
    ),
    refused("absolute-form in HTTP/1.1 without Host", "RFC 9112 §3.2", b"GET http://b/ HTTP/1.1\r\n\r\n"),
    refused(
        "absolute-form with two Hosts", "RFC 9112 §3.2", b"GET http://b/ HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n"
    ),
    refused("absolute-form with an empty authority", "RFC 9110 §4.2.1: MUST reject", _line(b"GET http:///x HTTP/1.1")),
    refused("absolute-form with a port alone", "RFC 9110 §4.2.1: MUST reject", _line(b"GET http://:80/x HTTP/1.1")),
    refused("absolute-form with userinfo", "RFC 9110 §4.2.4", _line(b"GET http://user@b/ HTTP/1.1")),
    refused("absolute-form with userinfo and password", "RFC 9110 §4.2.4", _line(b"GET http://u:p@b/ HTTP/1.1")),
    refused("absolute-form with a bad port", "RFC 9110 §4.2.1", _line(b"GET http://b:8a/ HTTP/1.1")),
    refused("absolute-form with a fragment", "RFC 9112 §3.2.2", _line(b"GET http://b/#x HTTP/1.1")),
    refused("absolute-form with https over clear text", "RFC 9110 §7.4: MUST reject", _line(b"GET https://b/ HTTP/1.1"), {400, 421}),
    refused("absolute-form with a broken escape", "RFC 3986 §2.1", _line(b"GET http://b/%g0 HTTP/1.1")),
    refused("CONNECT in authority-form", "RFC 9110 §9.3.6", b"CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", 405),
    refused("CONNECT in origin-form", "RFC 9112 §3.2.3", _line(b"CONNECT / HTTP/1.1"), {400, 405}),
    refused(
        "CONNECT with bytes behind it",
        "RFC 9110 §9.3.6",
        b"CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
        405,
    ),
)  # fmt: skip

_VERSIONS = tuple(
    refused(f"the version {name}", "RFC 9112 §2.3", _line(b"GET / " + version), 400)
    for name, version in (
        ("HTTP/0.9", b"HTTP/0.9"),
        ("HTTP/1.2", b"HTTP/1.2"),
        ("HTTP/1.9", b"HTTP/1.9"),
        ("HTTP/2.0", b"HTTP/2.0"),
        ("HTTP/3.0", b"HTTP/3.0"),
        ("HTTP/2", b"HTTP/2"),
        ("HTTP/1", b"HTTP/1"),
        ("HTTP/1.", b"HTTP/1."),
        ("HTTP/.1", b"HTTP/.1"),
        ("HTTP/1.10", b"HTTP/1.10"),
        ("HTTP/01.1", b"HTTP/01.1"),
        ("HTTP/1.01", b"HTTP/1.01"),
        ("HTTP/1,1", b"HTTP/1,1"),
        ("in lower case", b"http/1.1"),
        ("in mixed case", b"Http/1.1"),
        ("of another protocol", b"RTSP/1.0"),
        ("of ICE", b"ICE/1.0"),
        ("with a blank inside", b"HTTP/ 1.1"),
        ("with a blank behind", b"HTTP/1.1 "),
        ("with a tab behind", b"HTTP/1.1\t"),
        ("with a sign", b"HTTP/+1.1"),
        ("with a letter", b"HTTP/1.1a"),
        ("with NUL behind", b"HTTP/1.1\x00"),
        ("misspelled", b"HTPP/1.1"),
        ("twice", b"HTTP/1.1 HTTP/1.1"),
    )
)

_SHAPES = (
    refused("a line without version", "RFC 9112 §3: HTTP/0.9 is not spoken", _line(b"GET /")),
    refused("a line without version and without fields", "RFC 9112 §3", b"GET /\r\n\r\n"),
    refused("a line with a method alone", "RFC 9112 §3", _line(b"GET")),
    refused("two blanks before the target", "RFC 9112 §3: single SP", _line(b"GET  / HTTP/1.1")),
    refused("two blanks before the version", "RFC 9112 §3: single SP", _line(b"GET /  HTTP/1.1")),
    refused("a tab for a blank", "RFC 9112 §3: single SP", _line(b"GET\t/\tHTTP/1.1")),
    refused("a blank before the method", "RFC 9112 §3", _line(b" GET / HTTP/1.1")),
    refused("an empty target", "RFC 9112 §3.2", _line(b"GET  HTTP/1.1"), 400),
    refused("a target and version glued", "RFC 9112 §3", _line(b"GET /HTTP/1.1")),
    refused("a bare LF behind the request line", "RFC 9112 §2.2", b"GET / HTTP/1.1\nHost: a\r\n\r\n"),
    refused("a bare CR behind the request line", "RFC 9112 §2.2", b"GET / HTTP/1.1\rHost: a\r\n\r\n"),
    refused("two CRs behind the request line", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
    refused("white space before the first field", "RFC 9112 §2.2", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    refused(
        "white space before the first field hides a Host", "RFC 9112 §2.2: reject or consume",
        b"GET / HTTP/1.1\r\n Host: b\r\nHost: a\r\n\r\n",
    ),
    refused("the HTTP/2 preface", "RFC 9113 §3.4", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    refused("a TLS ClientHello", "RFC 9112 §3", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x07" * 32 + b"\r\n\r\n"),
    refused("a status line", "RFC 9112 §3", _line(b"HTTP/1.1 200 OK")),
    refused("a line of noise", "RFC 9112 §3", b"hello\r\n\r\n"),
    refused("a field line first", "RFC 9112 §3", b"Host: a\r\n\r\n"),
    refused("a request line too long", "RFC 9110 §15.5.15", get(target=b"/" + b"x" * 9000), 414),
    refused("a request line too long, unfinished", "RFC 9110 §15.5.15", b"GET /" + b"x" * 9000, 414),
    case("an empty line before the request line", "RFC 9112 §2.2", b"\r\n" + get(), whole=1),
    case("several empty lines before the request line", "RFC 9112 §2.2", b"\r\n\r\n\r\n" + get(), whole=1),
    case(
        "an empty line between two requests",
        "RFC 9112 §2.2: old clients send one behind a POST",
        get(target=b"/1") + b"\r\n" + get(target=b"/2"),
        status=(200, 200),
        reply=b"GET /2",
        whole=2,
    ),
    case("an empty line before the request line, in pieces", "RFC 9112 §2.2", (b"\r", b"\n", b"\r\n", get()), whole=1),
    refused("a bare CR before the request line", "RFC 9112 §2.2", b"\r" + get()),
    refused("a bare LF before the request line", "RFC 9112 §2.2", b"\n" + get()),
    case("a request byte by byte", "RFC 9112 §2.2", tuple(bytes((byte,)) for byte in get(b"X: y")), whole=1),
)  # fmt: skip

CASES = (
    *_METHODS, *_UNKNOWN_METHODS, *_METHODS_OF_RTSP,
    *_NOT_METHODS, *_TARGETS, *_BAD_TARGETS, *_ABSOLUTE, *_VERSIONS, *_SHAPES,
)  # fmt: skip
