"""Chunked request bodies (RFC 9112 §7.1), and what research makes of them.

Sources besides the RFC: "Funky chunks" (w4ke 2025: TERM.EXT, EXT.TERM, TERM.SPILL, SPILL.TERM, ONE.TWO),
CVE-2023-39326 and CVE-2024-27982 (extensions, sizes), llhttp's leniency flags.
"""

from __future__ import annotations

from tests.conformance.case import (
    Do,
    Ending,
    EndpointHas,
    Upstream,
    broken_off,
    case,
    chunked,
    get,
)

_END = b"0\r\n\r\n"
_HELLO = b"5\r\nhello\r\n"

_FINE = tuple(
    case(f"chunks: {name}", "RFC 9112 §7.1", chunked(coded), body=body, whole=1, upstream=Upstream.KEPT)
    for name, coded, body in (
        ("one", _HELLO + _END, b"hello"),
        ("none", _END, b""),
        ("two", _HELLO + b"6\r\n world\r\n" + _END, b"hello world"),
        ("many of one byte", b"1\r\nx\r\n" * 200 + _END, b"x" * 200),
        ("a size in capitals", b"A\r\n0123456789\r\n" + _END, b"0123456789"),
        ("a size in small letters", b"a\r\n0123456789\r\n" + _END, b"0123456789"),
        ("a size with zeros before", b"0005\r\nhello\r\n" + _END, b"hello"),
        ("a last chunk of several zeros", _HELLO + b"000\r\n\r\n", b"hello"),
        ("a size with forty zeros before", b"0" * 40 + b"5\r\nhello\r\n" + _END, b"hello"),
        ("a last chunk of forty zeros", _HELLO + b"0" * 40 + b"\r\n\r\n", b"hello"),
        ("an extension", b"5;a\r\nhello\r\n" + _END, b"hello"),
        ("an extension with a value", b"5;a=b\r\nhello\r\n" + _END, b"hello"),
        ("an extension with a quoted value", b'5;a="b; c"\r\nhello\r\n' + _END, b"hello"),
        ("an extension with an escaped quote", b'5;a="b\\"c"\r\nhello\r\n' + _END, b"hello"),
        ("several extensions", b"5;a;b=c;d\r\nhello\r\n" + _END, b"hello"),
        ("an extension with blanks, which MUST be parsed", b"5 ; a = b\r\nhello\r\n" + _END, b"hello"),
        ("an extension with tabs, which MUST be parsed", b"5\t;\ta\t=\tb\r\nhello\r\n" + _END, b"hello"),
        ("an extension of the last chunk", _HELLO + b"0;a=b\r\n\r\n", b"hello"),
        ("data with CRLF inside", b"7\r\na\r\n0\r\nb\r\n" + _END, b"a\r\n0\r\nb"),
        ("data that looks like the end", b"5\r\n0\r\n\r\n\r\n" + _END, b"0\r\n\r\n"),
        ("a large one", b"186a0\r\n" + b"x" * 100000 + b"\r\n" + _END, b"x" * 100000),
    )
)

_PIECES = (
    case("chunks byte by byte", "RFC 9112 §7.1",
         (chunked(b""), *(bytes((b,)) for b in b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n")), body=b"hello", whole=1),
    case("chunks split at each CRLF", "RFC 9112 §7.1",
         (chunked(b""), b"5\r", b"\nhello\r", b"\n0\r", b"\n\r", b"\n"), body=b"hello", whole=1, upstream=Upstream.KEPT),
    case("chunks go out as they come", "RFC 9112 §7.1",
         (chunked(_HELLO), EndpointHas(b"hello"), b"3\r\nyou\r\n" + _END), body=b"helloyou"),
    case("a chunk goes out before it is whole", "RFC 9112 §7.1",
         (chunked(b"5\r\nhe"), EndpointHas(b"he"), b"llo\r\n" + _END), body=b"hello"),
    case("a request behind the last chunk", "RFC 9112 §9.3.2",
         chunked(_HELLO + _END) + get(target=b"/2"), status=(200, 200), reply=b"GET /2", whole=2),
    case("noise behind the last chunk is a bad request of its own", "RFC 9112 §9.3.2",
         chunked(_HELLO + _END) + b"X\r\n\r\n", status=(200, 400), ending=Ending.CLOSED, body=b"hello", whole=1),
    case("GET with chunks", "RFC 9112 §6.3",
         get(b"Transfer-Encoding: chunked") + _HELLO + _END, body=b"hello", whole=1),
)  # fmt: skip

_SIZES = tuple(
    broken_off(
        f"a chunk size {name}",
        "RFC 9112 §7.1: chunk-size = 1*HEXDIG",
        chunked(line + b"\r\nhello\r\n" + _END),
    )
    for name, line in (
        ("with 0x", b"0x5"),
        ("with a plus sign", b"+5"),
        ("with a minus sign", b"-5"),
        ("with a blank before", b" 5"),
        ("with a tab before", b"\t5"),
        ("with a blank behind", b"5 "),
        ("with a tab behind", b"5\t"),
        ("with a blank inside", b"5 5"),
        ("with an underscore", b"0_5"),
        ("of a letter beyond f", b"5g"),
        ("of a word", b"five"),
        ("with h", b"5h"),
        ("empty", b""),
        ("of a semicolon", b";a"),
        ("with a comma", b"5,5"),
        ("with a point", b"5.0"),
        ("with NUL behind", b"5\x00"),
        ("with a control byte", b"\x015"),
        ("with a vertical tab behind", b"5\x0b"),
        ("with a high byte", b"5\xa0"),
        ("in quotes", b'"5"'),
        ("of 2**64", b"10000000000000000"),
        ("of 2**64 + 5", b"10000000000000005"),
        ("of 2**63", b"8000000000000000"),
        ("of 2**64 - 1", b"ffffffffffffffff"),
        ("of forty digits", b"f" * 40),
        ("with a wide digit", "\uff15".encode()),
        ("with two CRs", b"5\r"),
        ("with a bare CR inside", b"5\r5"),
    )
)

_EXTENSIONS = tuple(
    broken_off(
        f"a chunk extension {name}", "RFC 9112 §7.1.1; Funky chunks", chunked(line + b"\r\nhello\r\n" + _END)
    )
    for name, line in (
        ("with a bare LF", b"5;a\nb"),
        ("with a bare CR", b"5;a\rb"),
        ("with CR before a blank", b"5;\r a"),
        ("with NUL", b"5;a\x00"),
        ("with a control byte", b"5;a\x01"),
        ("with DEL", b"5;a\x7f"),
        ("without a name", b"5;"),
        ("with a value but no name", b"5;=b"),
        ("with an equals sign but no value", b"5;a="),
        ("with an open quote", b'5;a="b'),
        ("with a quoted LF", b'5;a="b\nc"'),
        ("with a quoted CR", b'5;a="b\rc"'),
        ("with a blank in its name", b"5;a b"),
        ("with a colon", b"5;a:b"),
        ("with bytes behind the quote", b'5;a="b"c'),
        ("of two semicolons", b"5;;a"),
        ("too long", b"5;" + b"a" * 20000),
        ("with bytes above ASCII in its name", b"5;\xe9"),
    )
)

_ENDS = tuple(
    broken_off(name, "RFC 9112 §7.1; Funky chunks", chunked(coded), never=(b"/smuggled",))
    for name, coded in (
        ("a bare LF behind the size", b"5\nhello\r\n" + _END),
        ("a bare LF behind the data", b"5\r\nhello\n" + _END),
        ("a bare LF behind both", b"5\nhello\n0\n\n"),
        ("a bare CR behind the size", b"5\rhello\r\n" + _END),
        ("a bare CR behind the data", b"5\r\nhello\r0\r\n\r\n"),
        ("LF CR behind the data", b"5\r\nhello\n\r" + _END),
        ("no CRLF behind the data", b"5\r\nhello" + _END),
        ("two bytes for the CRLF behind the data", b"5\r\nhelloXX" + _END),
        ("data longer than its size", b"3\r\nhello\r\n" + _END),
        ("data shorter than its size", b"7\r\nhello\r\n" + _END),
        ("data longer than its size by one", b"4\r\nhello\r\n" + _END),
        ("a blank behind the data", b"5\r\nhello \r\n" + _END),
        ("an empty line before a size", _HELLO + b"\r\n" + _END),
        ("two CRs behind the data", b"5\r\nhello\r\r\n" + _END),
        ("a bare LF behind the last size", _HELLO + b"0\n\r\n"),
        ("a bare LF for the empty line", _HELLO + b"0\r\n\n"),
        ("a bare LF behind the last size and for the empty line", _HELLO + b"0\n\n"),
        ("a bare CR for the empty line", _HELLO + b"0\r\n\rGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a word behind the last chunk", _HELLO + b"0\r\nhello\r\n\r\n"),
        ("a fold in the trailers", _HELLO + b"0\r\nX: y\r\n z\r\n\r\n"),
        ("a blank before a trailer's colon", _HELLO + b"0\r\nX : y\r\n\r\n"),
        ("a trailer without colon", _HELLO + b"0\r\nX\r\n\r\n"),
        ("a trailer without name", _HELLO + b"0\r\n: y\r\n\r\n"),
        ("a trailer with NUL", _HELLO + b"0\r\nX: \x00\r\n\r\n"),
        ("a trailer with a bare LF", _HELLO + b"0\r\nX: y\nZ: z\r\n\r\n"),
        ("a trailer with a bare CR", _HELLO + b"0\r\nX: y\rZ: z\r\n\r\n"),
        ("a trailer with DEL", _HELLO + b"0\r\nX: \x7f\r\n\r\n"),
        ("a blank before a trailer's name", _HELLO + b"0\r\n X: y\r\n\r\n"),
        ("a request for the trailers", _HELLO + b"0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    )
)

_LATER = (
    broken_off("a bad size behind a good chunk that is out already", "RFC 9112 §7.1, §8",
               (chunked(_HELLO), EndpointHas(b"hello"), b"XX\r\nhello\r\n" + _END)),
    broken_off("a bad terminator behind a good chunk that is out already", "RFC 9112 §7.1, §8",
               (chunked(b"5\r\nhello"), EndpointHas(b"hello"), b"XX" + _END)),
    broken_off("a bad trailer behind a good chunk that is out already", "RFC 9112 §7.1, §8",
               (chunked(_HELLO), EndpointHas(b"hello"), b"0\r\nX : y\r\n\r\n")),
    broken_off("a bad size in pieces", "RFC 9112 §7.1", (chunked(b""), b"5", b" ", b"5\r\nhello\r\n" + _END)),
    broken_off("a bad size that never ends", "RFC 9112 §7.1", (chunked(b""), b"5", b"5" * 30)),
    broken_off("trailers that are too long", "RFC 6585 §5", chunked(_HELLO + b"0\r\n" + b"X: yyyyyyyyyyyyyyyy\r\n" * 4000 + b"\r\n"), {400, 431}),
    broken_off("one trailer that is too long", "RFC 6585 §5", chunked(_HELLO + b"0\r\nX: " + b"y" * 70000 + b"\r\n\r\n"), {400, 431}),
    broken_off("an extension that never ends", "CVE-2023-39326", (chunked(b""), b"5;a=", b"b" * 60000)),
    case("chunks that end too early", "RFC 9112 §8: MUST NOT be taken for whole",
         (chunked(_HELLO), EndpointHas(b"hello"), Do.HALF_CLOSE),
         status=400, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("chunks that end inside one", "RFC 9112 §8",
         (chunked(b"5\r\nhel"), EndpointHas(b"hel"), Do.HALF_CLOSE),
         status=400, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("chunks that end inside the trailers", "RFC 9112 §8",
         (chunked(_HELLO + b"0\r\nX: y\r\n"), EndpointHas(b"hello"), Do.HALF_CLOSE),
         status=400, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("a client that resets inside its chunks", "RFC 9112 §8",
         (chunked(b"5\r\nhel"), EndpointHas(b"hel"), Do.RESET, Do.ENDPOINT_GONE),
         status=(), ending=Ending.ANY, whole=0, upstream=Upstream.DROPPED),
)  # fmt: skip

_TRAILERS = (
    case("trailers are passed on", "RFC 9110 §6.5", chunked(_HELLO + b"0\r\nX-Sum: 5\r\n\r\n", b"Trailer: X-Sum"),
         trailers=b"X-Sum: 5\r\n", has=(b"trailer: x-sum".replace(b"x-sum", b"X-Sum"),), upstream=Upstream.KEPT),
    case("several trailers, in order", "RFC 9110 §6.5", chunked(_HELLO + b"0\r\nA: 1\r\nB: 2\r\n\r\n"), trailers=b"A: 1\r\nB: 2\r\n"),
    case("trailers nominated by Connection end here", "RFC 9110 §7.6.1",
         chunked(_HELLO + b"0\r\nA: 1\r\nB: 2\r\n\r\n", b"Connection: A"), trailers=b"B: 2\r\n"),
    *(
        case(f"the trailer {name} is dropped", "RFC 9110 §6.5.1: MUST NOT in trailers",
             chunked(_HELLO + b"0\r\n" + name.encode() + b": 1\r\nX: y\r\n\r\n"), trailers=b"X: y\r\n", body=b"hello", whole=1)
        for name in (
            "Content-Length", "Transfer-Encoding", "Host", "Connection", "Trailer", "TE", "Upgrade", "Authorization",
            "Content-Type", "Content-Encoding", "Content-Range", "Cookie", "Expect", "Max-Forwards", "Keep-Alive",
            "Proxy-Connection", "X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "content-length",
        )
    ),
)  # fmt: skip

CASES = (*_FINE, *_PIECES, *_SIZES, *_EXTENSIONS, *_ENDS, *_LATER, *_TRAILERS)
