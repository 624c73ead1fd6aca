"""Raw bytes -> verdict. Each row names its section; field syntax is in tests/data/test_heads.py."""

from __future__ import annotations

import pytest

from readylb.core.http1.exchange import CHUNKED, UNTIL_CLOSE
from readylb.core.http1.framing import (
    MOST_OWN_HOPS,
    finish_request,
    finish_response,
    is_switching,
    refuse_unfinished,
    start_request,
    start_response,
)
from readylb.core.http1.lines import OF_REQUESTS, OF_RESPONSES, notable
from readylb.core.http1.responses import Refusal


def judge(head: bytes):
    lines = head.split(b"\n")
    request = start_request(head, lines[0])
    if isinstance(request, Refusal):
        return request
    return finish_request(request, notable(lines, OF_REQUESTS)) or request


def get(*lines: bytes, line: bytes = b"GET / HTTP/1.1") -> bytes:
    return b"\r\n".join((line, *lines)) + b"\r\n\r\n"


HOST = b"Host: web"

REFUSED = [
    ("RFC9112 3: no version", b"GET /\r\n\r\n", 400),
    ("RFC9112 3: two blanks", get(HOST, line=b"GET  / HTTP/1.1"), 400),
    ("RFC9112 3: a tab", get(HOST, line=b"GET\t/ HTTP/1.1"), 400),
    ("RFC9112 3: blank at the end", get(HOST, line=b"GET / HTTP/1.1 "), 400),
    ("RFC9112 3: blank before", get(HOST, line=b" GET / HTTP/1.1"), 400),
    ("RFC9110 5.6.2: method is no token", get(HOST, line=b"G(T / HTTP/1.1"), 400),
    ("RFC9112 2.3: version in lower case", get(HOST, line=b"GET / http/1.1"), 400),
    ("RFC9112 2.3: version without minor", get(HOST, line=b"GET / HTTP/1"), 400),
    ("RFC9112 2.3: two-digit minor", get(HOST, line=b"GET / HTTP/1.10"), 400),
    ("RFC9112 2.3: HTTP/2.0", get(HOST, line=b"GET / HTTP/2.0"), 400),
    ("RFC9112 2.3: HTTP/0.9", get(HOST, line=b"GET / HTTP/0.9"), 400),
    ("RFC9112 2.3: HTTP/1.2", get(HOST, line=b"GET / HTTP/1.2"), 400),
    ("RFC9113 3.4: the preface", b"PRI * HTTP/2.0\r\n\r\n", 400),
    ("RFC9110 9.3.6: CONNECT", get(HOST, line=b"CONNECT web:80 HTTP/1.1"), 405),
    ("RFC9112 3.2.4: * with GET", get(HOST, line=b"GET * HTTP/1.1"), 400),
    ("RFC9112 3.2.3: authority with GET", get(HOST, line=b"GET web:80 HTTP/1.1"), 400),
    ("RFC9112 3.2.1: relative", get(HOST, line=b"GET a/b HTTP/1.1"), 400),
    ("RFC9112 3.2: fragment", get(HOST, line=b"GET /a#b HTTP/1.1"), 400),
    ("RFC3986 2: high bytes", get(HOST, line=b"GET /\xe9 HTTP/1.1"), 400),
    ("RFC3986 2: NUL", get(HOST, line=b"GET /\x00 HTTP/1.1"), 400),
    ("RFC3986 2: DEL", get(HOST, line=b"GET /\x7f HTTP/1.1"), 400),
    ("RFC3986 2: quote", get(HOST, line=b'GET /" HTTP/1.1'), 400),
    ("RFC3986 2: angle", get(HOST, line=b"GET /<x> HTTP/1.1"), 400),
    ("RFC3986 2.1: bad escape", get(HOST, line=b"GET /%zz HTTP/1.1"), 400),
    ("RFC3986 2.1: short escape", get(HOST, line=b"GET /% HTTP/1.1"), 400),
    ("RFC9110 4.2.1: absolute without host", get(HOST, line=b"GET http:///a HTTP/1.1"), 400),
    ("RFC9110 4.2.4: userinfo", get(HOST, line=b"GET http://a@web/ HTTP/1.1"), 400),
    ("RFC9112 3.2.2: another scheme", get(HOST, line=b"GET ftp://web/ HTTP/1.1"), 400),
    ("RFC9112 3.2: no Host", get(), 400),
    ("RFC9112 3.2: no Host, other fields", get(b"Accept: */*"), 400),
    ("RFC9112 3.2: two Hosts", get(HOST, b"Host: other"), 400),
    ("RFC9112 3.2: two equal Hosts", get(HOST, b"hOST: web"), 400),
    ("RFC9112 3.2: two Hosts in 1.0", get(HOST, HOST, line=b"GET / HTTP/1.0"), 400),
    ("RFC9112 3.2: no Host beside an absolute target", get(line=b"GET http://web/ HTTP/1.1"), 400),
    ("RFC9110 7.2: empty Host", get(b"Host:"), 400),
    ("RFC9110 7.2: Host with a path", get(b"Host: web/a"), 400),
    ("RFC9110 7.2: Host with userinfo", get(b"Host: a@web"), 400),
    ("RFC9110 7.2: Host with a blank", get(b"Host: a b"), 400),
    ("RFC9110 7.2: Host with a bad port", get(b"Host: web:80a"), 400),
    ("RFC9110 7.2: Host with two ports", get(b"Host: web:80:81"), 400),
    ("RFC9110 7.2: Host with an open bracket", get(b"Host: [::1"), 400),
    ("RFC9110 7.2: Host with a high byte", get(b"Host: w\xe9b"), 400),
    ("RFC9110 7.2: Host with a bad escape", get(b"Host: a%zz"), 400),
    ("RFC9112 6.3: CL and TE", get(HOST, b"Content-Length: 3", b"Transfer-Encoding: chunked"), 400),
    ("RFC9112 6.3: TE and CL", get(HOST, b"Transfer-Encoding: chunked", b"Content-Length: 3"), 400),
    ("RFC9112 6.3: two lengths", get(HOST, b"Content-Length: 3", b"Content-Length: 4"), 400),
    ("RFC9112 6.3: two equal lengths", get(HOST, b"Content-Length: 3", b"Content-Length: 3"), 400),
    ("RFC9112 6.3: a list of lengths", get(HOST, b"Content-Length: 3, 3"), 400),
    ("RFC9110 8.6: plus", get(HOST, b"Content-Length: +3"), 400),
    ("RFC9110 8.6: minus", get(HOST, b"Content-Length: -3"), 400),
    ("RFC9110 8.6: hexadecimal", get(HOST, b"Content-Length: 0x3"), 400),
    ("RFC9110 8.6: a blank inside", get(HOST, b"Content-Length: 3 3"), 400),
    ("RFC9110 8.6: empty", get(HOST, b"Content-Length:"), 400),
    ("RFC9110 8.6: overflow", get(HOST, b"Content-Length: 18446744073709551616"), 400),
    ("RFC9112 6.1: xchunked", get(HOST, b"Transfer-Encoding: xchunked"), 400),
    ("RFC9112 6.1: gzip", get(HOST, b"Transfer-Encoding: gzip"), 400),
    ("RFC9112 6.1: gzip, chunked", get(HOST, b"Transfer-Encoding: gzip, chunked"), 400),
    ("RFC9112 6.1: identity", get(HOST, b"Transfer-Encoding: identity"), 400),
    ("RFC9112 6.1: chunked twice", get(HOST, b"Transfer-Encoding: chunked, chunked"), 400),
    ("RFC9112 6.1: two lines", get(HOST, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400),
    ("RFC9112 6.1: a trailing comma", get(HOST, b"Transfer-Encoding: chunked,"), 400),
    ("RFC9112 6.1: quoted", get(HOST, b'Transfer-Encoding: "chunked"'), 400),
    ("RFC9112 6.1: in HTTP/1.0", get(HOST, b"Transfer-Encoding: chunked", line=b"GET / HTTP/1.0"), 400),
]


@pytest.mark.parametrize(("head", "status"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_ambiguous_is_refused(head, status):
    verdict = judge(head)
    assert isinstance(verdict, Refusal)
    assert verdict.status == status


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((HOST, b"Content-Length: 3", b"Transfer-Encoding: chunked"), "exclude each other"),
        ((HOST, b"Content-Length: 3", b"Content-Length: 3"), "more than one Content-Length"),
        ((HOST, b"Content-Length: 3, 3"), "not one plain number"),
        ((HOST, *[b"Transfer-Encoding: chunked"] * 2), "more than one Transfer-Encoding"),
        ((HOST, b"Transfer-Encoding: gzip"), "not exactly: chunked"),
        ((), "no Host"),
        ((HOST, HOST), "more than one Host"),
    ],
)
def test_a_refusal_says_which_rule_was_broken(lines, words):
    verdict = judge(get(*lines))
    assert isinstance(verdict, Refusal)
    assert words in verdict.text


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((b"Via: 1.1 readylb",) * MOST_OWN_HOPS, 0),
        ((b"Via: 1.1 readylb",) * (MOST_OWN_HOPS + 1), 508),
        ((b"Via: " + b", ".join([b"1.1 readylb"] * (MOST_OWN_HOPS + 1)),), 508),
        ((b"via: 1.1 other, 1.0 another",) * 9, 0),
    ],
)
def test_rfc9110_7_6_3_who_comes_by_too_often_goes_round_in_circles(lines, status):
    verdict = judge(get(HOST, *lines))
    assert (verdict.status if isinstance(verdict, Refusal) else 0) == status


ACCEPTED = [
    (
        "RFC9112 3.2.1: origin-form",
        get(HOST, line=b"GET /a?b=[c]|d HTTP/1.1"),
        {"target": b"/a?b=[c]|d", "body": 0},
    ),
    ("RFC3986 2.1: percent in a query", get(HOST, line=b"GET /?q=100% HTTP/1.1"), {"target": b"/?q=100%"}),
    (
        "RFC9112 3.2.2: absolute-form",
        get(HOST, line=b"GET http://b:81/x?y HTTP/1.1"),
        {"target": b"/x?y", "host": b"b:81"},
    ),
    (
        "RFC9112 3.2.2: without a path",
        get(HOST, line=b"GET HTTP://b?y HTTP/1.1"),
        {"target": b"/?y", "host": b"b"},
    ),
    (
        "RFC9112 3.2.4: OPTIONS of a host",
        get(HOST, line=b"OPTIONS http://b HTTP/1.1"),
        {"target": b"*", "host": b"b"},
    ),
    ("RFC9112 3.2.4: OPTIONS *", get(HOST, line=b"OPTIONS * HTTP/1.1"), {"target": b"*", "host": b"web"}),
    ("RFC9110 7.2: IPv6", get(b"Host: [::1]:8080"), {"host": b"[::1]:8080"}),
    ("RFC9110 7.2: an empty port", get(b"Host: web:"), {"host": b"web:"}),
    ("RFC9110 5.5: blanks around", get(b"hOsT:\t web \t"), {"host": b"web"}),
    ("RFC9112 9.3: 1.1 stays", get(HOST), {"keep_alive": True, "minor": 1}),
    ("RFC9112 9.3: close", get(HOST, b"Connection: Close"), {"keep_alive": False}),
    ("RFC9112 9.3: 1.0 ends", get(line=b"GET / HTTP/1.0"), {"keep_alive": False, "host": b""}),
    (
        "RFC9112 9.3: 1.0 asks to stay",
        get(HOST, b"Connection: Keep-Alive", line=b"GET / HTTP/1.0"),
        {"keep_alive": True},
    ),
    (
        "RFC9112 9.3: close wins",
        get(HOST, b"Connection: keep-alive", b"Connection: close"),
        {"keep_alive": False},
    ),
    ("RFC9110 8.6: a length", get(HOST, b"content-length:\t5 "), {"body": 5}),
    ("RFC9110 8.6: leading zeros", get(HOST, b"Content-Length: 005"), {"body": 5}),
    ("RFC9110 8.6: none", get(HOST, b"Content-Length: 0"), {"body": 0}),
    ("RFC9112 7: chunked", get(HOST, b"Transfer-Encoding: Chunked"), {"body": CHUNKED}),
    (
        "RFC9110 10.1.1: Expect",
        get(HOST, b"Expect: 100-Continue", b"Content-Length: 1"),
        {"expects_continue": True},
    ),
    (
        "RFC9110 10.1.1: Expect in 1.0",
        get(HOST, b"Expect: 100-continue", line=b"GET / HTTP/1.0"),
        {"expects_continue": False},
    ),
    (
        "RFC9110 7.8: an upgrade",
        get(HOST, b"Connection: upgrade", b"Upgrade: websocket"),
        {"upgrade": b"websocket"},
    ),
    ("RFC9110 7.8: not nominated", get(HOST, b"Upgrade: websocket"), {"upgrade": b""}),
    (
        "RFC9110 7.8: in 1.0",
        get(HOST, b"Connection: upgrade", b"Upgrade: websocket", line=b"GET / HTTP/1.0"),
        {"upgrade": b""},
    ),
    ("RFC9113 3.1: h2c", get(HOST, b"Connection: upgrade", b"Upgrade: h2c"), {"upgrade": b""}),
    (
        "RFC9110 7.8: with a body",
        get(HOST, b"Connection: upgrade", b"Upgrade: x", b"Content-Length: 2"),
        {"upgrade": b"", "body": 2},
    ),
    ("RFC9110 10.1.4: TE", get(HOST, b"TE: trailers, deflate", b"Connection: TE"), {"trailers_wanted": True}),
]


@pytest.mark.parametrize(("head", "facts"), [row[1:] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_what_is_clear_is_understood(head, facts):
    request = judge(head)
    assert {name: getattr(request, name) for name in facts} == facts


UNFINISHED = [
    ("RFC9112 2.2: nothing wrong yet", b"GET / HTTP/1.1\r\nHos", None),
    ("RFC9112 2.2: a CR at the end", b"GET / HTTP/1.1\r", None),
    ("RFC9112 2.2: bare LF", b"GET / HTTP/1.1\nHost: web\n\n", 400),
    ("RFC9112 2.2: bare CR", b"GET / HTTP/1.1\r\nHost: w\rx", 400),
    ("RFC9112 5.2: a fold", b"GET / HTTP/1.1\r\nHost: web\r\n folded", 400),
    ("RFC9110 5.5: NUL", b"GET / HTTP/1.1\r\nX: \x00", 400),
    ("RFC8446 5.1: a TLS hello", b"\x16\x03\x01", 400),
    ("RFC9112 2.3: the line is enough", b"GET / HTTP/3.0\r\n", 400),
    ("RFC9110 15.5.15: a long line", b"GET /" + b"a" * 200, 414),
    ("RFC6585 5: a long head", b"GET / HTTP/1.1\r\nX: " + b"a" * 2000, 431),
]


@pytest.mark.parametrize(
    ("head", "status"), [row[1:] for row in UNFINISHED], ids=[row[0] for row in UNFINISHED]
)
def test_an_unfinished_head_is_refused_as_soon_as_it_is_lost(head, status):
    verdict = refuse_unfinished(head, 100, 1000)
    assert (verdict.status if verdict else None) == status


@pytest.mark.parametrize("noise", [b"\n", b"\rx", b"\r\n x", b"\r\n\tx", b"\x00", b"\r\r\n"])
def test_rfc9112_2_2_a_head_in_drops_is_refused_where_it_breaks(noise):
    head = b"GET / HTTP/1.1\r\nHost: web\r\nX: y" + noise
    judged = 0
    verdicts = []
    for end in range(1, len(head) + 1):
        verdicts.append(refuse_unfinished(head[:end], 100, 1000, judged) is not None)
        judged = max(0, end - 3)

    assert True in verdicts
    assert not any(verdicts[: len(head) - len(noise)])


OK = b"HTTP/1.1 200 OK"


def judge_response(head: bytes, method: bytes = b"GET"):
    lines = head.split(b"\n")
    response = start_response(head, lines[0])
    assert response is not None
    return finish_response(response, notable(lines, OF_RESPONSES), method) or response


@pytest.mark.parametrize(
    "head",
    [
        get(line=b"HTTP/2 200 OK"),
        get(line=b"HTTP/1.2 200 OK"),
        get(line=b"HTTP/1.1 600 OK"),
        get(line=b"HTTP/1.1 099 OK"),
        get(line=b"HTTP/1.1 2000 OK"),
        get(line=b"HTTP/1.1  200 OK"),
        get(line=b"HTTP/1.1 200 O\x00K"),
        get(line=b"http/1.1 200 OK"),
        get(line=b"ICY 200 OK"),
    ],
)
def test_rfc9112_4_a_status_line_has_one_form(head):
    assert start_response(head, head.split(b"\n")[0]) is None


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 1", b"Content-Length: 2"),
        (b"Content-Length: 1", b"Content-Length: 1"),
        (b"Content-Length: 1, 1",),
        (b"Content-Length: x",),
        (b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: gzip",),
        (b"Transfer-Encoding: gzip, chunked",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    ],
)
def test_rfc9112_6_3_a_response_of_unclear_length_is_not_valid(lines):
    assert isinstance(judge_response(get(*lines, line=OK)), str)


def test_rfc9112_6_1_http_1_0_knows_no_transfer_encoding():
    assert isinstance(judge_response(get(b"Transfer-Encoding: chunked", line=b"HTTP/1.0 200 OK")), str)


LENGTHS = [
    ("a length", OK, (b"Content-Length: 7",), b"GET", 7),
    ("chunked", OK, (b"transfer-encoding: CHUNKED",), b"GET", CHUNKED),
    ("until close", OK, (), b"GET", UNTIL_CLOSE),
    ("HEAD", OK, (b"Content-Length: 7",), b"HEAD", 0),
    ("204", b"HTTP/1.1 204 No Content", (b"Content-Length: 7",), b"GET", 0),
    ("304", b"HTTP/1.1 304 Not Modified", (b"Content-Length: 7",), b"GET", 0),
    ("1xx", b"HTTP/1.1 103 Early Hints", (), b"GET", 0),
]


@pytest.mark.parametrize(
    ("line", "lines", "method", "body"), [r[1:] for r in LENGTHS], ids=[r[0] for r in LENGTHS]
)
def test_rfc9112_6_3_the_length_of_a_response(line, lines, method, body):
    assert judge_response(get(*lines, line=line), method).body == body


@pytest.mark.parametrize(
    ("line", "lines", "keep_alive"),
    [
        (OK, (b"Content-Length: 0",), True),
        (OK, (b"Content-Length: 0", b"Connection: close"), False),
        (OK, (), False),
        (b"HTTP/1.0 200 OK", (b"Content-Length: 0",), False),
        (b"HTTP/1.0 200 OK", (b"Content-Length: 0", b"Connection: keep-alive"), True),
    ],
)
def test_rfc9112_9_3_persistence_of_a_response(line, lines, keep_alive):
    assert judge_response(get(*lines, line=line)).keep_alive is keep_alive


@pytest.mark.parametrize(
    ("asked", "answered", "verdict"),
    [
        (
            (b"Connection: upgrade", b"Upgrade: websocket"),
            (b"Connection: upgrade", b"Upgrade: websocket"),
            True,
        ),
        ((b"Connection: upgrade", b"Upgrade: websocket"), (b"Connection: upgrade", b"Upgrade: other"), False),
        ((b"Connection: upgrade", b"Upgrade: websocket"), (b"Upgrade: websocket",), False),
        ((b"Connection: upgrade", b"Upgrade: websocket"), (b"Connection: upgrade",), False),
        ((), (b"Connection: upgrade", b"Upgrade: websocket"), False),
    ],
)
def test_rfc9110_15_2_2_a_101_must_have_been_asked_for(asked, answered, verdict):
    request = judge(get(HOST, *asked))
    response = judge_response(get(*answered, line=b"HTTP/1.1 101 Switching Protocols"))
    assert is_switching(response, request) is verdict
