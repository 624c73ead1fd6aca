"""The parser's half of strictness: field lines. Raw bytes -> verdict, each named after its section."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from readylb.core.http1.exchange import Request, Response
from readylb.core.http1.framing import finish_request, finish_response
from readylb.core.http1.responses import Refusal
from readylb.core.http1.usual import read_usual_request, read_usual_response
from readylb.data.heads import parse_request, parse_response, read_request, read_response
from readylb.wire.messages import Limits

LIMITS = Limits(request_line_bytes=100, header_fields=5)
MOST = 32768
BAD_LINES = [
    ("RFC9110 5.5: NUL", b"X: a\x00b"),
    ("RFC9110 5.5: a control", b"X: a\x01b"),
    ("RFC9110 5.5: DEL", b"X: a\x7fb"),
    ("RFC9112 2.2: bare CR", b"X: a\rb"),
    ("RFC9112 2.2: CR CR LF", b"X: a\r"),
    ("RFC9112 2.2: bare LF", b"X: a\nY: b"),
    ("RFC9112 5.1: a blank before the colon", b"X : a"),
    ("RFC9112 5.1: a tab before the colon", b"X\t: a"),
    ("RFC9112 5.2: a fold", b"X: a\r\n b"),
    ("RFC9112 5.2: a fold with a tab", b"X: a\r\n\tb"),
    ("RFC9110 5.1: no name", b": a"),
    ("RFC9110 5.1: no colon", b"X"),
    ("RFC9110 5.1: a high byte", b"X\xe9: a"),
    ("RFC9110 5.1: a delimiter", b"X@: a"),
    ("RFC9110 5.1: a blank inside", b"X Y: a"),
]


@pytest.mark.parametrize("line", [row[1] for row in BAD_LINES], ids=[row[0] for row in BAD_LINES])
def test_a_bad_field_line_is_refused_wherever_it_stands(line):
    for lines in (line + b"\r\nHost: web", b"Host: web\r\n" + line):
        verdict = read_request(b"GET / HTTP/1.1\r\n" + lines + b"\r\n\r\n", LIMITS)
        assert isinstance(verdict, Refusal)
        assert verdict.status == 400


@pytest.mark.parametrize("line", [row[1] for row in BAD_LINES], ids=[row[0] for row in BAD_LINES])
def test_a_bad_field_line_makes_a_response_invalid(line):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + line + b"\r\n\r\n"
    assert isinstance(read_response(head, b"GET", MOST), str)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /" + b"a" * 100 + b" HTTP/1.1", 414),
        (b"BREW / HTTP/1.1", 501),
        (b"get / HTTP/1.1", 501),
        (b"CONNECT web:80 HTTP/1.1", 405),
    ],
)
def test_request_lines_that_are_not_served(line, status):
    verdict = read_request(line + b"\r\nHost: web\r\n\r\n", LIMITS)
    assert isinstance(verdict, Refusal)
    assert verdict.status == status


def test_the_number_of_fields_is_limited():
    def head(fields: int) -> bytes:
        return b"GET / HTTP/1.1\r\nHost: web\r\n" + b"X: a\r\n" * (fields - 1) + b"\r\n"

    assert isinstance(read_request(head(5), LIMITS), Request)
    verdict = read_request(head(6), LIMITS)
    assert isinstance(verdict, Refusal)
    assert verdict.status == 431


@pytest.mark.parametrize(
    "lines",
    [
        b"X:",
        b"X: \t a \t",
        b"X: \x80\xff",
        b"!#$%&'*+-.^_`|~09Az: a",
        b"Connection: upgrade\r\nUpgrade: websocket",
        b"Connection: close",
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
    ],
)
def test_good_field_lines_pass(lines):
    assert isinstance(
        read_request(b"POST / HTTP/1.1\r\nHost: web\r\n" + lines + b"\r\n\r\n", LIMITS), Request
    )


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (b"HTTP/1.1 200 OK", b"Content-Length: 5"),
        (b"HTTP/1.1 200", b"Content-Length: 5"),
        (b"HTTP/1.1 103 Early Hints", b"Connection: close"),
        (b"HTTP/1.1 101 Switching Protocols", b"Connection: upgrade\r\nUpgrade: x"),
        (b"HTTP/1.1 200 OK", b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 0"),
    ],
)
def test_good_responses_pass(line, lines):
    head = line + b"\r\n" + lines + b"\r\n\r\n"
    assert isinstance(read_response(head, b"HEAD", MOST), Response)


@pytest.mark.parametrize(
    ("line", "lines", "plain"),
    [
        (b"GET /a?b=%", b"hOsT: web \r\nCookie: c=d", True),
        (b"GET /a", b"Host: web\r\nConnection: keep-alive", False),
        (b"GET http://web/a", b"Host: web", False),
        (b"OPTIONS *", b"Host: web", True),
        (b"GET /a", b"Host: web\r\nTE: a\r\nTE: b\r\nForwarded: d\r\nVia: e", False),
    ],
)
def test_a_request_is_plain_where_only_its_host_matters_to_us(line, lines, plain):
    head = line + b" HTTP/1.1\r\n" + lines + b"\r\n\r\n"
    request = read_request(head + b"GET / HTTP/1.1\r\n\r\n", LIMITS)
    assert (request.plain, request.host, request.head) == (plain, b"web", head)
    assert request.method + b" " + request.target in (line, b"GET /a")


_SAMPLES = [
    b"GET / HTTP/1.1\r\nHost: web\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: w eb\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: web\r\nCookie: a\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: web\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: web\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding:\tchunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: web\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: web\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: web\r\nA b: c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: web\r\nA: \x00\r\n\r\n",
    b"FOO / HTTP/1.1\r\nHost: web\r\n\r\n",
    b"GET http://web/ HTTP/1.1\r\nHost: web\r\n\r\n",
]


def said(head: bytes) -> tuple[object, ...]:
    verdict = parse_request(head, LIMITS)
    if isinstance(verdict, Request):
        return (verdict.head, verdict.body, verdict.keep_alive, verdict.upgrade, verdict.host, verdict.plain)
    assert isinstance(verdict, Refusal)
    return (verdict.status, verdict.text)


@pytest.mark.parametrize("before", _SAMPLES)
def test_what_was_read_before_makes_no_difference(before):
    for head in _SAMPLES:
        # No parser outlives a head that it refuses.
        parse_request(b"GET / HTTP/1.1\r\nHost: web\r\nA b: c\r\n\r\n", LIMITS)
        alone = said(head)
        for _ in range(3):
            said(before)
            assert said(head) == alone


_OK = b"HTTP/1.1 200 OK\r\n"
_ANSWERS = [
    (_OK + b"Content-Length: 5\r\n", b"12345", b"GET"),
    (_OK + b"Content-Length: 5\r\n", b"123", b"GET"),
    (_OK + b"Content-Length: 5\r\n", b"12345HTTP/1.1 200 OK\r\n", b"GET"),
    (_OK + b"Content-Length: 5\r\n", b"", b"HEAD"),
    (_OK + b"Content-Length: 5\r\n", b"12345", b"HEAD"),
    (_OK + b"Content-Length: 5\r\nContent-Length: 5\r\n", b"12345", b"GET"),
    (_OK + b"Content-Length: 5\r\nConnection: close\r\n", b"12345", b"GET"),
    (_OK + b"Content-Length: 5\r\nA b: c\r\n", b"12345", b"GET"),
    (_OK + b"Content-Length: 5\r\nA: b\n\n", b"12345", b"GET"),
    (_OK + b"Content-Length: 0\r\n", b"", b"GET"),
    (_OK + b"Transfer-Encoding: chunked\r\n", b"5\r\n12345\r\n0\r\n\r\n", b"GET"),
    (_OK, b"12345", b"GET"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n", b"12345", b"GET"),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", b"12345", b"GET"),
    (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n", b"12345", b"GET"),
    (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n", b"12345", b"GET"),
    (b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: a\r\n", b"12345", b"GET"),
]


def answered(lines: bytes, body: bytes, method: bytes) -> tuple[object, ...]:
    head = lines + b"\r\n"
    verdict = parse_response(head + body, method, MOST)
    if verdict is None or isinstance(verdict, str):
        return (verdict,)
    return (verdict.head, verdict.status, verdict.body, verdict.keep_alive, verdict.upgrade)


@pytest.mark.parametrize("before", _ANSWERS)
def test_what_was_answered_before_makes_no_difference(before):
    for answer in _ANSWERS:
        # No parser outlives a head that it refuses.
        assert answered(_OK + b"A b: c\r\n", b"", b"GET") == ("the response head is not valid",)
        alone = answered(*answer)
        for _ in range(3):
            answered(*before)
            assert answered(*answer) == alone


REQUEST_LINES = [b"GET / HTTP/1.1", b"POST /a%20b?c HTTP/1.1", b"GET / HTTP/1.0", b"GET http://a/ HTTP/1.1"]
STATUS_LINES = [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.0 200 OK", b"HTTP/1.1 204"]
FIELD_LINES = [
    b"Connection: close",
    b"Connection: upgrade, te",
    b"Content-Length: 5",
    b"Cookie: a=b; c",
    b"Date: now",
    b"Expect: 100-continue",
    b"Forwarded: for=a",
    b"Host: a.b:1",
    b"Keep-Alive: timeout=5",
    b"Max-Forwards: 3",
    b"Proxy-Connection: close",
    b"TE: trailers",
    b"Transfer-Encoding: chunked",
    b"Upgrade: websocket",
    b"Via: 1.1 readylb",
    b"X-Forwarded-For: 1",
    b"X-Y:  z ",
]
DAMAGE = st.one_of(
    st.sampled_from(
        [b"\r\n", b"\r", b"\n", b" ", b"\t", b":", b",", b"\x00", b"\x7f", b"%", b"0", b"chunked"]
    ),
    st.binary(max_size=1),
)


@st.composite
def heads(draw, lines):
    """Return a head, whole or damaged, and what may stand behind it."""
    first = draw(st.sampled_from(lines))
    fields = draw(st.lists(st.sampled_from(FIELD_LINES), max_size=6))
    data = bytearray(b"\r\n".join((first, *fields)) + b"\r\n\r\n")
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 2))] = draw(DAMAGE)
    return bytes(data) + draw(st.sampled_from((b"", b"abcde", b"GET / HTTP/1.1\r\n\r\n")))


def facts(verdict):
    """Return all that is said of a head; which of its errors a refusal names is not."""
    if isinstance(verdict, Refusal):
        return verdict.status
    if isinstance(verdict, str):
        return "invalid"
    return {name: getattr(verdict, name) for name in dir(verdict) if not name.startswith("_")}


@given(heads(REQUEST_LINES))
@example(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
@example(b"GET / HTTP/1.1\r\nContent-Length: 5 5\r\nHost: a\r\n\r\n")
def test_a_usual_request_is_what_the_parser_makes_of_it(data):
    found = []
    usual = read_usual_request(data, found, LIMITS.request_line_bytes, LIMITS.header_fields)
    if usual is not None:
        assert facts(finish_request(usual, found) or usual) == facts(parse_request(data, LIMITS))


@given(heads(STATUS_LINES), st.sampled_from((b"GET", b"HEAD")))
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", b"GET")
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nabcde", b"GET")
def test_a_usual_response_is_what_the_parser_makes_of_it(data, method):
    found = []
    usual = read_usual_response(data, found)
    if usual is not None:
        parsed = parse_response(data, method, MOST)
        assert facts(finish_response(usual, found, method) or usual) == facts(parsed)


@pytest.mark.parametrize("line", FIELD_LINES)
def test_no_byte_anywhere_makes_the_usual_head_another_than_the_parsers(line):
    head = b"GET / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n"
    taken = 0
    for at in range(len(head)):
        for byte in range(256):
            data = head[:at] + bytes((byte,)) + head[at + 1 :]
            found = []
            usual = read_usual_request(data, found, LIMITS.request_line_bytes, LIMITS.header_fields)
            if usual is not None:
                taken += 1
                assert facts(finish_request(usual, found) or usual) == facts(parse_request(data, LIMITS))
    assert taken > len(head)
