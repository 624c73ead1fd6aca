from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readylb.core.http1.lines import OF_REQUESTS, OF_RESPONSES, notable, split_head

HEAD = b"GET /host: HTTP/1.1\r\nX-Host: a\r\nHost: b\r\nHosts: c\r\nX: host: d\r\nTE:e\r\n\r\n"


def test_only_whole_names_at_the_beginning_of_a_line_are_notable():
    lines, end = split_head(HEAD, 100)
    assert end == len(HEAD)
    assert notable(lines, OF_REQUESTS) == [(b"Host", b"b"), (b"TE", b"e")]


@pytest.mark.parametrize("name", sorted(OF_REQUESTS))
def test_a_notable_name_is_found_in_any_case(name):
    lines = [name.upper() + b": 1\r", name + b":\t2 \r", b"X" + name + b": 3\r"]
    assert notable(lines, OF_REQUESTS) == [(name.upper(), b"1"), (name, b"2")]


def test_a_response_has_notable_lines_of_its_own():
    assert notable([b"Date: now\r", b"Host: a\r", b"\r", b""], OF_RESPONSES) == [(b"Date", b"now")]


@pytest.mark.parametrize("behind", [b"", b"G", b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\n" * 300])
def test_a_head_ends_at_its_first_empty_line_whatever_lies_behind(behind):
    lines, end = split_head(HEAD + behind, 100)
    assert end == len(HEAD)
    assert len(lines) == 6


def test_a_head_with_more_lines_than_asked_for_shows_it():
    lines, end = split_head(HEAD, 4)
    assert (len(lines), end) == (5, -1)


@given(st.integers(0, len(HEAD) - 1))
def test_a_head_that_has_not_come_has_no_end(size):
    assert split_head(HEAD[:size], 100)[1] == -1
