from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readylb.core.http1.lines import (
    BESIDE_FIELDS,
    OF_REQUESTS,
    OF_RESPONSES,
    notable_of_request,
    notable_of_response,
    split,
)

LINE = b"GET /host: HTTP/1.1\r\n"
OTHERS = b"X-Host: a\r\nHosts: c\r\nX: host: d\r\nTe-E: e\r\nCookie: f\r\nDate: g\r\nH:x\r\nh:\r\n"
HEAD = LINE + OTHERS + b"Host: b\r\nETag:e\r\nTE:e\r\n\r\n"
NAMES = st.sampled_from(
    sorted(OF_REQUESTS | OF_RESPONSES | {b"x-host", b"cookie", b"hosts", b"a", b"content", b"h", b"tea"})
)
VALUES = st.sampled_from((b"", b":", b" a", b"\t a b ", b" host: c", b"keep-alive", b" \t"))


def test_only_whole_names_at_the_beginning_of_a_line_are_notable():
    assert notable_of_request(split(HEAD)) == [(b"host", b"Host", b"b"), (b"te", b"TE", b"e")]


@pytest.mark.parametrize("name", sorted(OF_REQUESTS))
def test_a_notable_name_is_found_in_any_case(name):
    head = LINE + name.upper() + b": 1\r\n" + name + b":\t2 \r\nX" + name + b": 3\r\n\r\n"
    assert notable_of_request(split(head)) == [(name, name.upper(), b"1"), (name, name, b"2")]


def test_a_response_has_notable_lines_of_its_own():
    head = b"HTTP/1.1 200 OK\r\nDate: now\r\nHost: a\r\nUPGRADE: b\r\n\r\n"
    assert notable_of_response(split(head)) == [(b"date", b"Date", b"now"), (b"upgrade", b"UPGRADE", b"b")]


@given(st.lists(st.tuples(NAMES, st.booleans(), VALUES)))
def test_lines_are_found_as_a_pattern_would_find_them(fields):
    lines = b"".join((name.upper() if up else name) + b":" + value + b"\r\n" for name, up, value in fields)
    for notable, names in ((notable_of_request, OF_REQUESTS), (notable_of_response, OF_RESPONSES)):
        pattern = rb"(?im)^(%b):[ \t]*([^\r\n]*?)[ \t]*\r$" % b"|".join(names)
        expected = [(name.lower(), name, value) for name, value in re.findall(pattern, lines)]
        found = split(LINE + lines + b"\r\n")
        assert notable(found) == expected
        assert len(found) - BESIDE_FIELDS == len(fields)
