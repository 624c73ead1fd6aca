from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readylb.core.http1.lines import (
    OF_REQUESTS,
    OF_RESPONSES,
    REQUEST_HEAD,
    is_dated,
    notable_of_request,
    notable_of_response,
)

LINE = b"GET /host: HTTP/1.1\r\n"
OTHERS = b"X-Host: a\r\nHosts: c\r\nX: host: d\r\nTe-E: e\r\nCookie: f\r\nDate: g\r\n"
HEAD = LINE + OTHERS + b"Host: b\r\nETag:e\r\nTE:e\r\n\r\n"
NAMES = st.sampled_from(
    sorted(OF_REQUESTS | OF_RESPONSES | {b"x-host", b"cookie", b"hosts", b"a", b"content"})
)
VALUES = st.sampled_from((b"", b" a", b"\t a b ", b" host: c", b"keep-alive"))


def test_only_whole_names_at_the_beginning_of_a_line_are_notable():
    assert notable_of_request(HEAD) == [(b"Host", b"b"), (b"TE", b"e")]
    assert REQUEST_HEAD.match(HEAD).groups() == (
        *(b"GET", b"/host:", b"1", b"Host", b"b", b"TE", b"e", None, None, b"\r\n"),
    )


@pytest.mark.parametrize("name", sorted(OF_REQUESTS))
def test_a_notable_name_is_found_in_any_case(name):
    head = LINE + name.upper() + b": 1\r\n" + name + b":\t2 \r\nX" + name + b": 3\r\n\r\n"
    assert notable_of_request(head) == [(name.upper(), b"1"), (name, b"2 ")]


def test_a_response_has_notable_lines_of_its_own():
    head = b"HTTP/1.1 200 OK\r\nDate: now\r\nHost: a\r\nUPGRADE: b\r\n\r\n"
    assert notable_of_response(head) == [(b"UPGRADE", b"b")]


@pytest.mark.parametrize(
    ("line", "dated"),
    [(b"Date: x", True), (b"DATE:", True), (b"date:x", True), (b"X-Date: x", False), (b"Dated: x", False)],
)
def test_a_date_is_found_in_any_case(line, dated):
    assert is_dated(b"HTTP/1.1 200 OK\r\nA: b\r\n" + line + b"\r\n\r\n") is dated


@given(st.lists(st.tuples(NAMES, st.booleans(), VALUES)))
def test_one_match_finds_the_same_as_a_search_unless_there_are_more_than_three(fields):
    lines = b"".join((name.upper() if up else name) + b":" + value + b"\r\n" for name, up, value in fields)
    expected = notable_of_request(LINE + lines + b"\r\n")
    found = REQUEST_HEAD.match(LINE + lines + b"\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n")
    *groups, end = found.groups()[3:]
    pairs = [pair for pair in zip(groups[::2], groups[1::2], strict=True) if pair[0] is not None]
    assert pairs == expected[:3]
    assert (end is not None) == (len(expected) <= 3)
    if end is not None:
        assert found.end() == len(LINE + lines) + 2


@pytest.mark.parametrize("behind", [b"", b"G", b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\n" * 300])
def test_a_head_ends_at_its_first_empty_line_whatever_lies_behind(behind):
    assert REQUEST_HEAD.match(HEAD + behind).end() == len(HEAD)


@given(st.integers(0, len(HEAD) - 1))
def test_a_head_that_has_not_come_has_no_end(size):
    found = REQUEST_HEAD.match(HEAD[:size])
    assert found is None or found.groups()[-1] is None
