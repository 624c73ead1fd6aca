"""What ends at this hop and what is added here: Connection, TE, Via, Max-Forwards, X-Forwarded-* (RFC 9110 §7.6)."""

from __future__ import annotations

from tests.conformance.case import OK, Ending, Upstream, case, chunked, get, ok, post

_7_6_1 = "RFC 9110 §7.6.1: MUST remove"

_REQUEST = (
    *(
        case(f"{line.decode()} is not passed on", _7_6_1, get(line), lacks=(line.partition(b":")[0].lower(),),
             ending=ending, whole=1)
        for line, ending in (
            (b"Connection: keep-alive", Ending.OPEN),
            (b"Connection: close", Ending.CLOSED),
            (b"Connection:", Ending.OPEN),
            (b"Keep-Alive: timeout=5", Ending.OPEN),
            (b"Proxy-Connection: keep-alive", Ending.OPEN),
            (b"Proxy-Connection: close", Ending.OPEN),
            (b"TE: gzip", Ending.OPEN),
            (b"Upgrade: foo/2", Ending.OPEN),
            (b"Upgrade: websocket", Ending.OPEN),
            (b"CONNECTION: Keep-Alive", Ending.OPEN),
        )
    ),
    *(
        case(f"fields nominated as {line.decode()}", _7_6_1,
             get(line, b"X-One: 1", b"X-Two: 2", b"Kept: 3"), lacks=gone, has=(b"kept: 3",), whole=1, ending=ending)
        for line, gone, ending in (
            (b"Connection: X-One", (b"x-one",), Ending.OPEN),
            (b"Connection: x-one, X-TWO", (b"x-one", b"x-two"), Ending.OPEN),
            (b"Connection: close, X-One", (b"x-one",), Ending.CLOSED),
            (b"Connection: keep-alive,X-One,X-Two", (b"x-one", b"x-two"), Ending.OPEN),
            (b"Connection: ,, X-One ,,", (b"x-one",), Ending.OPEN),
            (b"Connection:\tX-One\t,\tX-Two\t", (b"x-one", b"x-two"), Ending.OPEN),
            (b"Connection: X-One\r\nConnection: X-Two", (b"x-one", b"x-two"), Ending.OPEN),
            (b"Connection: X-Missing", (b"x-missing",), Ending.OPEN),
            (b"Connection: X-One\r\nX-One: again", (b"x-one",), Ending.OPEN),
        )
    ),
    case("nominated fields before the Connection field", _7_6_1,
         b"GET / HTTP/1.1\r\nX-One: 1\r\nConnection: X-One\r\nHost: a\r\n\r\n", lacks=(b"x-one",), has=(b"host: a",)),
    case("a nominated cookie ends here", _7_6_1, get(b"Connection: Cookie", b"Cookie: a=b"), lacks=(b"cookie",)),
    case("nominating X-Forwarded-For does not hide the client", "hop-by-hop abuse (Kettle, Davison 2019)",
         get(b"Connection: close, X-Forwarded-For"), has=(b"x-forwarded-for: 127.0.0.1",), ending=Ending.CLOSED),
    case("nominating Via does not hide us", "RFC 9110 §7.6.3", get(b"Connection: Via", b"Via: 1.1 b"), has=(b"via: 1.1 readylb",)),
    case("a name that only begins like a nominated one stays", _7_6_1,
         get(b"Connection: X-One", b"X-One-More: 1"), has=(b"x-one-more: 1",)),
    case("Proxy-Connection is no Connection: close", "RFC 9112 §C.2.2", get(b"Proxy-Connection: close"), ending=Ending.OPEN),
    case("several hop-by-hop fields of one name", _7_6_1,
         get(b"Keep-Alive: a", b"Keep-Alive: b", b"keep-alive: c", b"X: y"), lacks=(b"keep-alive",), has=(b"x: y",)),
    case("a Connection field as the last of the head", _7_6_1, get(b"X: y", b"Connection: x-z"), has=(b"x: y",), lacks=(b"connection",)),
)  # fmt: skip

_TE = (
    case("TE: trailers with Connection: TE", "RFC 9110 §10.1.4: sender MUST also send TE in Connection",
         get(b"TE: trailers", b"Connection: TE"), has=(b"te: trailers", b"connection")),
    case("TE: trailers without Connection: TE", "RFC 9110 §10.1.4", get(b"TE: trailers"), whole=1),
    case("TE with weights", "RFC 9110 §10.1.4", get(b"TE: gzip;q=0.5, trailers", b"Connection: TE"), lacks=(b"te: gzip;q=0.5, trailers",)),
    case("TE of HTTP/1.0", "RFC 9110 §10.1.4", get(b"TE: trailers", b"Connection: TE", minor=0),
         ending=Ending.CLOSED, minor=0, whole=1),
    case("Trailer is passed on", "RFC 9110 §6.6.2", chunked(b"0\r\nX: y\r\n\r\n", b"Trailer: X"), has=(b"trailer: X",), trailers=b"X: y\r\n"),
)  # fmt: skip

_VIA = (
    case("Via is added", "RFC 9110 §7.6.3: MUST", get(), has=(b"via: 1.1 readylb",)),
    case("Via is added behind what is there", "RFC 9110 §7.6.3: MUST",
         get(b"Via: 1.0 fred, 1.1 b"), has=(b"via: 1.0 fred, 1.1 b", b"via: 1.1 readylb")),
    case("Via says what was received", "RFC 9110 §7.6.3: received-protocol", get(minor=0),
         has=(b"via: 1.0 readylb",), ending=Ending.CLOSED, minor=0),
    case("Via says what was received, among other fields", "RFC 9110 §7.6.3: received-protocol",
         get(b"Connection: keep-alive", b"Via: 1.1 b", minor=0), has=(b"via: 1.1 b", b"via: 1.0 readylb"), minor=0),
    case("a Via of the endpoint is passed on", "RFC 9110 §7.6.3", get(), ok(b"Content-Length: 0", b"Via: 1.1 b"), reply_has=(b"via: 1.1 b",)),
)  # fmt: skip

_FORWARDED = (
    case("X-Forwarded-* are set", "the product's own rule", get(),
         has=(b"x-forwarded-for: 127.0.0.1", b"x-forwarded-proto: http", b"x-forwarded-host: a")),
    *(
        case(f"{line.decode()} of an untrusted client is replaced", "spoofing", get(line),
             never=(b"6.6.6.6", b"evil"), has=(b"x-forwarded-for: 127.0.0.1",))
        for line in (
            b"X-Forwarded-For: 6.6.6.6", b"x-forwarded-for: 6.6.6.6", b"X-Forwarded-Host: evil",
            b"X-Forwarded-Port: 6.6.6.6", b"x-forwarded-prefix: evil", b"X-Forwarded-Server: evil", b"X-Forwarded-Ssl: evil",
            b"X-Forwarded-Scheme: evil", b"X-Forwarded-Proto: evil", b"Forwarded: for=6.6.6.6", b"FORWARDED: for=6.6.6.6",
            b"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6", b"X-Forwarded-For:6.6.6.6",
        )
    ),
    case("a trusted proxy's X-Forwarded-For is continued", "the product's own rule",
         get(b"X-Forwarded-For: 1.2.3.4", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: front"), trusted=("127.0.0.0/8",),
         has=(b"x-forwarded-for: 1.2.3.4, 127.0.0.1", b"x-forwarded-proto: https", b"x-forwarded-host: front")),
    case("a trusted proxy's several X-Forwarded-For are joined", "RFC 9110 §5.2",
         get(b"X-Forwarded-For: 1.1.1.1", b"X-Forwarded-For: 2.2.2.2"), trusted=("127.0.0.1",),
         has=(b"x-forwarded-for: 1.1.1.1, 2.2.2.2, 127.0.0.1",)),
    case("what else a trusted proxy said is passed on", "the product's own rule",
         get(b"Forwarded: for=1.2.3.4", b"X-Forwarded-Port: 443", b"X-Forwarded-Prefix: /a"), trusted=("127.0.0.1",),
         has=(b"forwarded: for=1.2.3.4", b"x-forwarded-port: 443", b"x-forwarded-prefix: /a")),
    case("a proxy elsewhere is not trusted", "spoofing", get(b"X-Forwarded-For: 6.6.6.6"), trusted=("10.0.0.0/8",), never=(b"6.6.6.6",)),
)  # fmt: skip

_MAX_FORWARDS = (
    *(
        case(f"{method} with Max-Forwards 0 is answered here", "RFC 9110 §7.6.2: MUST NOT forward", get(b"Max-Forwards: 0", method=method.encode()),
             begun=0, status={200, 204, 405, 501}, ending=Ending.ANY)
        for method in ("TRACE", "OPTIONS")
    ),
    *(
        case(f"{method} with Max-Forwards {before.decode()}", "RFC 9110 §7.6.2: MUST decrement",
             get(b"Max-Forwards: " + before, method=method.encode()), has=(b"max-forwards: " + after,), whole=1)
        for method in ("TRACE", "OPTIONS")
        for before, after in ((b"1", b"0"), (b"10", b"9"), (b"070", b"69"), (b"9" * 20, b"9" * 18))
    ),
    *(
        case(f"{method} with Max-Forwards {first.decode()} and {second.decode()}", "RFC 9110 §7.6.2: MUST NOT forward",
             get(b"Max-Forwards: " + first, b"Max-Forwards: " + second, method=method.encode()), begun=0, status={200, 204, 400, 405, 501}, ending=Ending.ANY)
        for method in ("TRACE", "OPTIONS")
        for first, second in ((b"0", b"5"), (b"5", b"0"))
    ),
    case("OPTIONS * with Max-Forwards 0", "RFC 9110 §7.6.2", get(b"Max-Forwards: 0", method=b"OPTIONS", target=b"*"),
         begun=0, status={200, 204, 405, 501}, ending=Ending.ANY),
    case("OPTIONS with max-forwards in small letters", "RFC 9110 §5.1", get(b"max-forwards: 0", method=b"OPTIONS"),
         begun=0, status={200, 204, 405, 501}, ending=Ending.ANY),
    case("a body behind Max-Forwards 0 is not taken for a request", "RFC 9112 §9.3",
         post(b"Max-Forwards: 0", b"Content-Length: 35", body=b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", method=b"OPTIONS"),
         begun=0, status={200, 204, 400, 405, 501}, ending=Ending.CLOSED),
    case("Max-Forwards of GET is nobody's business", "RFC 9110 §7.6.2: MAY ignore", get(b"Max-Forwards: 0"), whole=1),
    case("OPTIONS with a broken Max-Forwards", "RFC 9110 §7.6.2", get(b"Max-Forwards: x", method=b"OPTIONS"), status={200, 400}, ending=Ending.ANY),
    case("TRACE answered here leaves out credentials", "RFC 9110 §9.3.8",
         get(b"Max-Forwards: 0", b"Authorization: Basic c2VjcmV0", b"Cookie: a=c2VjcmV0", method=b"TRACE"),
         begun=0, status={200, 405, 501}, ending=Ending.ANY, not_got=(b"c2VjcmV0",)),
)  # fmt: skip

_RESPONSE = (
    *(
        case(f"{line.decode()} of a response is not passed on", _7_6_1, get(), ok(b"Content-Length: 2", line, b"Kept: 1", body=b"ok"),
             reply_lacks=(line.partition(b":")[0].lower(),), reply_has=(b"kept: 1",), upstream=upstream)
        for line, upstream in (
            (b"Connection: keep-alive", Upstream.KEPT),
            (b"Connection: close", Upstream.DROPPED),
            (b"CONNECTION: Close", Upstream.DROPPED),
            (b"Connection: x, close", Upstream.DROPPED),
            (b"Keep-Alive: timeout=5, max=100", Upstream.ANY),
            (b"Proxy-Connection: keep-alive", Upstream.ANY),
            (b"Upgrade: h2c", Upstream.ANY),
            (b"Upgrade: websocket\r\nConnection: upgrade", Upstream.ANY),
        )
    ),
    case("fields nominated by a response end here", _7_6_1, get(),
         ok(b"Content-Length: 2", b"X-One: 1", b"Connection: x-one, X-Two", b"X-Two: 2", b"Kept: 3", body=b"ok"),
         reply_lacks=(b"x-one", b"x-two", b"connection"), reply_has=(b"kept: 3",), upstream=Upstream.KEPT),
    case("a response cannot nominate its framing", "hop-by-hop abuse", get(),
         ok(b"Connection: Content-Length", b"Content-Length: 2", body=b"ok"), reply=b"ok", upstream=Upstream.KEPT),
    case("a response cannot nominate its coding", "hop-by-hop abuse", get(),
         ok(b"Connection: Transfer-Encoding", b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\n\r\n"), reply=b"ok"),
    case("trailers nominated by a response end here", _7_6_1, get(b"TE: trailers", b"Connection: TE"),
         ok(b"Connection: A", b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\nA: 1\r\nB: 2\r\n\r\n"), reply_trailers=b"B: 2\r\n"),
    case("Upgrade of a 426 tells what to use", "RFC 9110 §15.5.22: MUST send Upgrade", get(),
         ok(b"Content-Length: 0", b"Upgrade: websocket", b"Connection: Upgrade", status=b"426 Upgrade Required"),
         status=426, reply_has=(b"upgrade: websocket",)),
    *(
        case(f"Upgrade of a 426 tells what to use, {name}", "RFC 9110 §15.5.22: MUST send Upgrade", get(),
             ok(b"Content-Length: 0", *lines, status=b"426 Upgrade Required"), status=426,
             reply_has=(b"upgrade: " + protocols, b"connection: upgrade"), upstream=Upstream.KEPT)
        for name, protocols, lines in (
            ("without Connection", b"a", (b"Upgrade: a",)),
            ("with another Connection", b"a", (b"Upgrade: a", b"Connection: keep-alive")),
            ("in several lines", b"a, b", (b"Upgrade: a", b"Connection: Upgrade", b"Upgrade: b")),
        )
    ),
    case("Proxy-Authenticate is passed on", "RFC 9110 §11.7.1", get(), ok(b"Content-Length: 0", b"Proxy-Authenticate: Basic", status=b"407 X"),
         status=407, reply_has=(b"proxy-authenticate: Basic",)),
    case("a Date is added", "RFC 9110 §6.6.1: MUST", get(), OK, reply_has=(b"date",)),
    case("a Date is kept", "RFC 9110 §6.6.1", get(), ok(b"Content-Length: 0", b"DATE: Sun, 06 Nov 1994 08:49:37 GMT"),
         reply_has=(b"date: Sun, 06 Nov 1994 08:49:37 GMT",)),
    case("a Date of HTTP/1.0 is kept", "RFC 9110 §6.6.1", get(),
         ok(b"Content-Length: 0", b"date: Sun, 06 Nov 1994 08:49:37 GMT", version=b"HTTP/1.0"), reply_has=(b"date: Sun, 06 Nov 1994 08:49:37 GMT",)),
    case("a nominated Date is replaced", "RFC 9110 §6.6.1, §7.6.1", get(),
         ok(b"Content-Length: 0", b"Connection: Date", b"Date: Sun, 06 Nov 1994 08:49:37 GMT"), reply_has=(b"date",)),
    case("Set-Cookie lines stay apart", "RFC 9110 §5.3", get(), ok(b"Content-Length: 0", b"Set-Cookie: a=1", b"Set-Cookie: b=2"),
         got=(b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n",)),
    case("Server is passed on and not replaced", "RFC 9110 §10.2.4", get(), ok(b"Content-Length: 0", b"Server: x/1"), reply_has=(b"server: x/1",)),
)  # fmt: skip

CASES = (*_REQUEST, *_TE, *_VIA, *_FORWARDED, *_MAX_FORWARDS, *_RESPONSE)
