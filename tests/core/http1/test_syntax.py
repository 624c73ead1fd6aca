from __future__ import annotations

import pytest

from readylb.core.http1.syntax import NOTABLE_REQUEST, is_authority, tokens


@pytest.mark.parametrize(
    ("value", "members"),
    [
        (b"close", [b"close"]),
        (b" Keep-Alive ,\tUpgrade", [b"keep-alive", b"upgrade"]),
        (b",, a,,b ,", [b"a", b"b"]),
        (b"", []),
    ],
)
def test_rfc9110_5_6_1_lists_are_split(value, members):
    assert tokens(value) == members


@pytest.mark.parametrize(
    "value", [b"web", b"web.ns.svc:80", b"127.0.0.1", b"[2001:db8::1]:443", b"[v1.x]", b"a_b", b"%41"]
)
def test_rfc9110_7_2_authorities(value):
    assert is_authority(value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b":80",
        b"a b",
        b"a/b",
        b"a@b",
        b"a?b",
        b"a:b",
        b"[::1",
        b"::1",
        b"[1.2.3.4]",
        b"[1::2::3]",
        b"a\x00",
    ],
)
def test_rfc9110_7_2_no_authorities(value):
    assert not is_authority(value)


def test_only_whole_names_at_the_beginning_of_a_line_are_notable():
    head = b"GET /host: HTTP/1.1\r\nX-Host: a\r\nHost: b\r\nHosts: c\r\nX: host: d\r\nTE:e\r\n\r\n"
    assert NOTABLE_REQUEST.findall(head) == [(b"Host", b"b"), (b"TE", b"e")]
