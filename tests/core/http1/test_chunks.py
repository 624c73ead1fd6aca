from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readylb.core.http1.chunks import LINE_BYTES, TRAILER_BYTES, ChunkError, ChunkScanner

GOOD = [
    ("RFC9112 7.1: no chunk", b"0\r\n\r\n"),
    ("RFC9112 7.1: chunks", b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"),
    ("RFC9112 7.1: hexadecimal in both cases", b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
    ("RFC9112 7.1: leading zeros", b"0003\r\nabc\r\n000\r\n\r\n"),
    ("RFC9112 7.1.1: an extension", b"3;a=b\r\nabc\r\n0\r\n\r\n"),
    ("RFC9112 7.1.1: without a value", b"3;a;b\r\nabc\r\n0;c\r\n\r\n"),
    ("RFC9112 7.1.1: blanks", b"3 ; a = b\r\nabc\r\n0\r\n\r\n"),
    ("RFC9112 7.1.1: quoted", b'3;a="b;\\"c"\r\nabc\r\n0\r\n\r\n'),
    ("RFC9112 7.1: data that looks like framing", b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
    ("RFC9112 7.1.2: trailers", b"1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"),
]
BAD = [
    ("RFC9112 7.1: no size", b"\r\nabc\r\n"),
    ("RFC9112 7.1: not hexadecimal", b"g\r\n"),
    ("RFC9112 7.1: a sign", b"+3\r\nabc\r\n"),
    ("RFC9112 7.1: minus", b"-1\r\n"),
    ("RFC9112 7.1: a prefix", b"0x3\r\nabc\r\n"),
    ("RFC9112 7.1: a blank before", b" 3\r\nabc\r\n"),
    ("RFC9112 7.1: a blank behind", b"3 \r\nabc\r\n"),
    ("RFC9112 7.1.1: a blank behind an extension", b"3;a \r\nabc\r\n"),
    ("RFC9112 2.2: bare LF for the empty line", b"0\r\n\n"),
    ("RFC9112 7.1: two sizes", b"5 5\r\nhello\r\n"),
    ("RFC9112 7.1: an underscore", b"1_0\r\n"),
    ("RFC9112 7.1: overflow", b"10000000000000003\r\nabc\r\n"),
    ("RFC9112 2.2: bare LF behind the size", b"3\nabc\r\n"),
    ("RFC9112 2.2: bare CR in an extension", b"3;a\rb\r\nabc\r\n"),
    ("RFC9112 7.1.1: bare LF in an extension", b"3;a\nb\r\nabc\r\n"),
    ("RFC9112 7.1.1: NUL in an extension", b"3;a\x00\r\nabc\r\n"),
    ("RFC9112 7.1.1: no name", b"3;=b\r\nabc\r\n"),
    ("RFC9112 7.1.1: too long", b"3;" + b"a" * LINE_BYTES + b"\r\nabc\r\n"),
    ("RFC9112 7.1: too much data", b"3\r\nhello\r\n0\r\n\r\n"),
    ("RFC9112 7.1: bare LF behind the data", b"3\r\nabc\n0\r\n\r\n"),
    ("RFC9112 7.1: bytes between data and CRLF", b"3\r\nabcX\r\n0\r\n\r\n"),
    ("RFC9112 7.1.2: a fold", b"0\r\nX: a\r\n b\r\n\r\n"),
    ("RFC9112 7.1.2: a blank before the colon", b"0\r\nX : a\r\n\r\n"),
    ("RFC9112 7.1.2: bare LF", b"0\r\nX: a\nY: b\r\n\r\n"),
    ("RFC9112 7.1.2: no field", b"0\r\nGET / HTTP/1.1\r\n\r\n"),
    ("RFC9112 7.1.2: too long", b"0\r\nX: " + b"a" * TRAILER_BYTES + b"\r\n\r\n"),
]


def run(pieces: list[bytes]) -> tuple[bytes, bytes, bool]:
    """Feed pieces as a connection does; return what was passed on, what is left over, and done."""
    scanner = ChunkScanner()
    passed = carry = b""
    for piece in pieces:
        data = carry + piece
        settled = 0 if scanner.done else scanner.scan(data, 0)
        passed += data[:settled]
        carry = data[settled:]
    return passed, carry, scanner.done


@pytest.mark.parametrize("body", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_valid_body_is_followed_to_its_end(body):
    assert run([body + b"NEXT"]) == (body, b"NEXT", True)


@pytest.mark.parametrize("body", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_byte_by_byte_is_no_different(body):
    assert run([body[n : n + 1] for n in range(len(body))]) == (body, b"", True)


@pytest.mark.parametrize("body", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_a_broken_body_is_an_error(body):
    with pytest.raises(ChunkError):
        run([body])


@pytest.mark.parametrize("body", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_a_broken_body_is_an_error_byte_by_byte(body):
    with pytest.raises(ChunkError):
        run([body[n : n + 1] for n in range(len(body))])


def test_trailers_are_kept_apart_from_the_data():
    scanner = ChunkScanner()
    body = b"1\r\na\r\n0;x\r\nX-Sum: 1\r\nY: 2\r\n\r\n"
    assert scanner.scan(body, 0) == len(body)
    assert (scanner.trailers, scanner.last_chunk_at) == (b"X-Sum: 1\r\nY: 2\r\n", 6)


def test_data_can_be_had_without_its_framing():
    scanner = ChunkScanner(decode=True)
    scanner.scan(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 0)
    assert scanner.sink == [b"abc", b"de"]


@settings(deadline=None)
@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    cuts=st.lists(st.integers(min_value=0, max_value=300), max_size=8),
)
def test_any_split_of_any_body_is_followed_alike(chunks, cuts):
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    assert run([body[a:b] for a, b in pairwise(edges)]) == (body, b"", True)


@settings(deadline=None)
@given(noise=st.binary(max_size=60), cuts=st.lists(st.integers(min_value=0, max_value=60), max_size=4))
def test_any_split_of_noise_ends_alike(noise, cuts):
    def verdict(pieces):
        try:
            return run(pieces)
        except ChunkError:
            return "refused"

    edges = [0, *sorted(min(cut, len(noise)) for cut in cuts), len(noise)]
    assert verdict([noise]) == verdict([noise[a:b] for a, b in pairwise(edges)])
