from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readylb.core.http1.lines import (
    BESIDE_FIELDS,
    OF_REQUESTS,
    OF_RESPONSES,
    notable,
)

REQUEST_NAMES = sorted({name for names in OF_REQUESTS for name in names})
RESPONSE_NAMES = sorted({name for names in OF_RESPONSES for name in names})
LINE = b"GET /host: HTTP/1.1\r\n"
OTHERS = b"X-Host: a\r\nHosts: c\r\nX: host: d\r\nTe-E: e\r\nCookie: f\r\nDate: g\r\nH:x\r\nh:\r\n"
HEAD = LINE + OTHERS + b"Host: b\r\nETag:e\r\nTE:e\r\n\r\n"
NAMES = st.sampled_from(
    (*REQUEST_NAMES, *RESPONSE_NAMES, b"x-host", b"cookie", b"hosts", b"a", b"content", b"h", b"tea")
)
VALUES = st.sampled_from((b"", b":", b" a", b"\t a b ", b" host: c", b"keep-alive", b" \t"))


def test_only_whole_names_at_the_beginning_of_a_line_are_notable():
    assert notable(HEAD.split(b"\n"), OF_REQUESTS) == [(b"host", b"Host", b"b"), (b"te", b"TE", b"e")]


@pytest.mark.parametrize("name", REQUEST_NAMES)
def test_a_notable_name_is_found_in_any_case(name):
    head = LINE + name.upper() + b": 1\r\n" + name + b":\t2 \r\nX" + name + b": 3\r\n\r\n"
    assert notable(head.split(b"\n"), OF_REQUESTS) == [(name, name.upper(), b"1"), (name, name, b"2")]


def test_a_response_has_notable_lines_of_its_own():
    head = b"HTTP/1.1 200 OK\r\nDate: now\r\nHost: a\r\nUPGRADE: b\r\n\r\n"
    assert notable(head.split(b"\n"), OF_RESPONSES) == [
        (b"date", b"Date", b"now"),
        (b"upgrade", b"UPGRADE", b"b"),
    ]


@given(st.lists(st.tuples(NAMES, st.booleans(), VALUES)))
def test_lines_are_found_as_a_pattern_would_find_them(fields):
    lines = b"".join((name.upper() if up else name) + b":" + value + b"\r\n" for name, up, value in fields)
    for table, names in ((OF_REQUESTS, REQUEST_NAMES), (OF_RESPONSES, RESPONSE_NAMES)):
        pattern = rb"(?im)^(%b):[ \t]*([^\r\n]*?)[ \t]*\r$" % b"|".join(names)
        expected = [(name.lower(), name, value) for name, value in re.findall(pattern, lines)]
        found = (LINE + lines + b"\r\n").split(b"\n")
        assert notable(found, table) == expected
        assert len(found) - BESIDE_FIELDS == len(fields)


@pytest.mark.parametrize(
    "line", [b"", b"\r", b"Host", b"Host:", b"Host: ", b"Host:\r", b"Host: \r", b"Host\r", b":", b":\r", b"h"]
)
def test_what_is_no_line_of_a_valid_head_is_looked_at_without_harm(line):
    assert notable([b"GET / HTTP/1.1\r", line, b"\r", b""], OF_REQUESTS) in (
        [],
        [(b"host", b"Host", b"")],
    )
