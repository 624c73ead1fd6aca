"""Content-Length in requests, and bodies of that length (RFC 9112 §6.2, §6.3; RFC 9110 §8.6)."""

from __future__ import annotations

from tests.conformance.case import Do, Ending, EndpointHas, Upstream, case, get, post, refused

_BAD = tuple(
    refused(f"Content-Length {name}", "RFC 9112 §6.3: MUST 400 and close", post(b"Content-Length:" + value, body=b"hello"))
    for name, value in (
        ("with a plus sign", b" +5"),
        ("with a minus sign", b" -5"),
        ("minus zero", b" -0"),
        ("empty", b""),
        ("of blanks", b"   "),
        ("in hexadecimal", b" 0x5"),
        ("of a hexadecimal digit", b" a"),
        ("in octal of other languages", b" 0o5"),
        ("with a fraction", b" 5.0"),
        ("with an exponent", b" 5e0"),
        ("with a comma alone", b" ,"),
        ("with a comma behind", b" 5,"),
        ("with a comma before", b" ,5"),
        ("as a list of unequal numbers", b" 5, 6"),
        ("with a blank inside", b" 5 0"),
        ("with a tab inside", b" 5\t0"),
        ("with a letter behind", b" 5a"),
        ("with a unit", b" 5 bytes"),
        ("with a semicolon", b" 5;a"),
        ("with quotes", b' "5"'),
        ("with an underscore", b" 1_0"),
        ("with a bare CR", b" 5\r6"),
        ("with NUL", b" 5\x00"),
        ("with a vertical tab", b" \x0b5"),
        ("with a form feed", b" 5\x0c"),
        ("with a no-break space", b" 5\xa0"),
        ("with a wide digit", " \uff15".encode()),
        ("with an Arabic digit", " \u0665".encode()),
        ("with a superscript digit", b" \xb2"),
        ("of 2**64", b" 18446744073709551616"),
        ("of 2**64 + 5", b" 18446744073709551621"),
        ("of 2**64 - 1", b" 18446744073709551615"),
        ("of 2**63", b" 9223372036854775808"),
        ("of a hundred nines", b" " + b"9" * 100),
        ("folded", b"\r\n 5"),
        ("folded behind", b" 5\r\n 0"),
        ("of a word", b" chunked"),
        ("of infinity", b" inf"),
        ("of a sign alone", b" +"),
    )
)  # fmt: skip

_SEVERAL = tuple(
    refused(f"{name}", "RFC 9112 §6.3: MUST 400 and close", post(*lines, body=b"hello"))
    for name, lines in (
        ("two different lengths", (b"Content-Length: 5", b"Content-Length: 6")),
        ("two different lengths, the larger first", (b"Content-Length: 6", b"Content-Length: 5")),
        ("two lengths in different case", (b"Content-Length: 5", b"content-length: 0")),
        ("two lengths far apart", (b"Content-Length: 0", b"X: y", b"Content-Length: 5")),
        ("a length and an empty one", (b"Content-Length: 5", b"Content-Length:")),
        ("a length and a broken one", (b"Content-Length: 5", b"Content-Length: x")),
        ("three lengths", (b"Content-Length: 5", b"Content-Length: 5", b"Content-Length: 6")),
        ("a length with a blank before the colon", (b"Content-Length : 5",)),
        ("a length and one with a blank before the colon", (b"Content-Length: 5", b"Content-Length : 0")),
        ("a length and one with a tab before the colon", (b"Content-Length: 5", b"Content-Length\t: 0")),
        ("a length behind a fold", (b"X: y", b"\tContent-Length: 5")),
        ("a length behind NUL", (b"X: y\x00Content-Length: 5",)),
        ("a length with NUL in its name", (b"Content-Length\x00: 5",)),
        ("a length with a control byte before its name", (b"\x01Content-Length: 5",)),
    )
)

_EQUAL = tuple(
    case(
        f"{name}: refused, or merged into one",
        "RFC 9112 §6.3",
        post(*lines, body=b"hello"),
        status={200, 400},
        ending=Ending.ANY,
        never=(b"5, 5", b"5,5"),
    )
    for name, lines in (
        ("two equal lengths", (b"Content-Length: 5", b"Content-Length: 5")),
        ("a list of equal lengths", (b"Content-Length: 5, 5",)),
        ("a list of equal lengths without blank", (b"Content-Length: 5,5",)),
    )
)

_BODIES = (
    case("a body of its length", "RFC 9112 §6.2", post(b"Content-Length: 5", body=b"hello"),
         body=b"hello", has=(b"content-length: 5",), lacks=(b"transfer-encoding",), upstream=Upstream.KEPT),
    case("a length of zero", "RFC 9112 §6.2", post(b"Content-Length: 0"), body=b"", upstream=Upstream.KEPT, whole=1),
    case("a length with zeros before", "RFC 9110 §8.6: 1*DIGIT", post(b"Content-Length: 00005", body=b"hello"), body=b"hello"),
    case("a length with forty zeros before", "RFC 9110 §8.6: 1*DIGIT", post(b"Content-Length: " + b"0" * 40 + b"5", body=b"hello"), body=b"hello"),
    case("a length between blanks", "RFC 9112 §5.1: OWS", post(b"Content-Length:   5   ", body=b"hello"), body=b"hello"),
    case("a length between tabs", "RFC 9112 §5.1: OWS", post(b"Content-Length:\t5\t", body=b"hello"), body=b"hello"),
    case("a length without a blank", "RFC 9112 §5.1: OWS", post(b"Content-Length:5", body=b"hello"), body=b"hello"),
    case("a body byte by byte", "RFC 9112 §6.2", (post(b"Content-Length: 5"), b"h", b"e", b"l", b"l", b"o"), body=b"hello"),
    case("a body of every byte", "RFC 9112 §6.2", post(b"Content-Length: 256", body=bytes(range(256))), body=bytes(range(256))),
    case("a body that looks like a request", "RFC 9112 §6.2",
         post(b"Content-Length: 35", body=b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"), whole=1,
         body=b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    case("a body of 200 kB", "RFC 9112 §6.2", post(b"Content-Length: 200000", body=b"x" * 200000), body=b"x" * 200000),
    case("no length and no coding mean no body", "RFC 9112 §6.3", post(), body=b"", whole=1, lacks=(b"transfer-encoding",)),
    case("GET with a body", "RFC 9110 §9.3.1: framing does not depend on the method",
         post(b"Content-Length: 5", body=b"hello", method=b"GET"), body=b"hello"),
    case("HEAD with a body", "RFC 9112 §6.3", post(b"Content-Length: 5", body=b"hello", method=b"HEAD"),
         body=b"hello", methods=(b"HEAD",)),
    case("DELETE with a body", "RFC 9112 §6.3", post(b"Content-Length: 5", body=b"hello", method=b"DELETE"), body=b"hello"),
    case("OPTIONS with a body", "RFC 9112 §6.3", post(b"Content-Length: 5", body=b"hello", method=b"OPTIONS"), body=b"hello"),
    case("the body goes out as it comes", "RFC 9112 §6.2",
         (post(b"Content-Length: 6", body=b"one"), EndpointHas(b"\r\n\r\none"), b"two"), body=b"onetwo"),
    case("an HTTP/1.0 body", "RFC 9112 §6.2", post(b"Content-Length: 5", body=b"hello", minor=0),
         body=b"hello", ending=Ending.CLOSED, minor=0),
    case("bytes behind a body are the next request", "RFC 9112 §9.3.2",
         post(b"Content-Length: 5", body=b"hello") + get(target=b"/2"), status=(200, 200), reply=b"GET /2", whole=2),
    case("noise behind a body is a bad request of its own", "RFC 9112 §9.3.2",
         post(b"Content-Length: 5", body=b"helloX: y\r\n\r\n"), status=(200, 400), ending=Ending.CLOSED, body=b"hello", whole=1),
    case("a body longer than its length", "RFC 9112 §6.3",
         post(b"Content-Length: 5", body=b"hello world\r\n\r\n"), status=(200, 400), ending=Ending.CLOSED, body=b"hello", whole=1),
)  # fmt: skip

_SHORT = (
    case("a body that ends too early", "RFC 9112 §8: incomplete, MUST NOT be taken for whole",
         (post(b"Content-Length: 5", body=b"hel"), EndpointHas(b"hel"), Do.HALF_CLOSE),
         status=400, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("a body that does not begin", "RFC 9112 §8",
         (post(b"Content-Length: 5"), EndpointHas(b"\r\n\r\n"), Do.HALF_CLOSE),
         status=400, ending=Ending.CLOSED, whole=0, upstream=Upstream.DROPPED),
    case("a head that ends too early", "RFC 9112 §8", (b"GET / HTTP/1.1\r\nHost: a\r\nX: y", Do.HALF_CLOSE),
         status=400, ending=Ending.CLOSED, begun=0),
    case("a request line that ends too early", "RFC 9112 §8", (b"GET / HT", Do.HALF_CLOSE),
         status=400, ending=Ending.CLOSED, begun=0),
    case("a client that resets inside its body", "RFC 9112 §8",
         (post(b"Content-Length: 5", body=b"hel"), EndpointHas(b"hel"), Do.RESET, Do.ENDPOINT_GONE),
         status=(), ending=Ending.ANY, whole=0, upstream=Upstream.DROPPED),
)  # fmt: skip

CASES = (*_BAD, *_SEVERAL, *_EQUAL, *_BODIES, *_SHORT)
