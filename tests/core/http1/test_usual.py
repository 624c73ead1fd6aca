from __future__ import annotations

import pytest

from readylb.core.http1.exchange import Request, Response
from readylb.core.http1.usual import read_usual_request, read_usual_response

LINE_BYTES = 100
MOST = 4


def request(data):
    found = []
    return read_usual_request(data, found, LINE_BYTES, MOST), found


def response(data):
    found = []
    return read_usual_response(data, found), found


def test_a_usual_request_is_read_with_the_lines_that_matter():
    head = b"GET /a?b HTTP/1.1\r\nHost:  web \r\nCookie: a=b\r\nTE:\r\nVia: b\r\n\r\n"
    read, found = request(head)
    assert isinstance(read, Request)
    assert (read.head, read.method, read.target, read.minor, read.fields_at) == (head, b"GET", b"/a?b", 1, 19)
    assert found == [
        (b"host", b"Host", b"web"),
        (b"te", b"TE", b""),
        (b"via", b"Via", b"b"),
    ]


def test_a_usual_response_is_read_with_the_lines_that_matter():
    head = b"HTTP/1.1 404 Not Found\r\nServer: a\r\ncontent-length: 5\r\nDATE: now\r\n\r\n"
    read, found = response(head)
    assert isinstance(read, Response)
    assert (read.head, read.status, read.minor) == (head, 404, 1)
    assert found == [(b"content-length", b"content-length", b"5"), (b"date", b"DATE", b"now")]


@pytest.mark.parametrize("method", [b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"PATCH", b"POST", b"PUT"])
def test_the_methods_of_every_day_are_usual(method):
    read, _ = request(method + b" / HTTP/1.1\r\nHost: web\r\n\r\n")
    assert isinstance(read, Request)
    assert (read.method, read.target) == (method, b"/")


@pytest.mark.parametrize("rest", [b"body", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_follows_a_head_is_no_part_of_it(rest):
    asked, told = b"PUT / HTTP/1.1\r\nHost: web\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
    read, _ = request(asked + rest)
    answer, _ = response(told + rest)
    assert read is not None
    assert answer is not None
    assert (read.head, answer.head) == (asked, told)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: web\r\n\r\n",
        b"OPTIONS /a HTTP/1.1\r\nContent-Length: 1\r\nX: y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: y\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_a_head_without_its_end_is_not_read(head):
    read = response if head.startswith(b"HTTP") else request
    assert read(head)[0] is not None
    assert [cut for cut in range(len(head)) if read(head[:cut])[0] is not None] == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PROPFINDER / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b'GET /" HTTP/1.1\r\nHost: a\r\n\r\n',
        b"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * LINE_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * (MOST + 1) + b"\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 600 What\r\n\r\n",
        b"HTTP/1.1 200 OK\n\r\n",
    ],
)
def test_a_head_that_is_not_usual_is_left_to_the_parser(head):
    read = response if head.startswith(b"HTTP") else request
    assert read(head)[0] is None


@pytest.mark.parametrize(
    "line",
    [
        b"A : b",
        b"A\t: b",
        b": b",
        b"A",
        b"A: b\tc",
        b"A: b\x7f",
        b"A: \x00",
        b"A: b\rc",
        b" A: b",
        b"A: b\r\n c",
        b"A\x80: b",
    ],
)
def test_a_line_that_is_not_usual_leaves_the_head_to_the_parser(line):
    assert request(b"GET / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n")[0] is None
    assert response(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + line + b"\r\n\r\n")[0] is None
