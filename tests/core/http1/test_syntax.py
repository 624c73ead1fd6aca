from __future__ import annotations

import re
from random import Random

import pytest

from readylb.core.http1.syntax import (
    is_authority,
    is_broken,
    is_target,
    is_token,
    read_number,
    read_status_line,
    tokens,
)


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


@pytest.mark.parametrize(
    ("value", "valid"), [(b"GET", True), (b"M-SEARCH", True), (b"", False), (b"G\tT", False)]
)
def test_rfc9110_5_6_2_a_token_has_no_delimiters(value, valid):
    assert is_token(value) is valid


def test_a_target_has_no_blanks_controls_or_delimiters():
    good = {byte for byte in range(256) if is_target(b"/" + bytes([byte]))}
    assert good == set(range(0x21, 0x7F)) - set(b'"#<>')
    assert not is_target(b"")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"HTTP/1.1 200 OK\r", (1, 200)),
        (b"HTTP/1.0 404\r", (0, 404)),
        (b"HTTP/1.1 200 OK", (0, 0)),
        (b"HTTP/1.1 099 OK\r", (0, 0)),
    ],
)
def test_rfc9112_4_a_status_line_says_version_and_status(line, said):
    assert read_status_line(line) == said


def test_rfc9112_2_2_what_is_counted_is_what_a_pattern_would_find():
    broken = re.compile(rb"(?<!\r)\n|\r[^\n]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r\n[ \t]")
    rng = Random(1)
    for _ in range(20_000):
        head = bytes(rng.choices(b"\r\n\r\n\r\n a:\t\x00\x7f", k=rng.randrange(9)))
        assert is_broken(head) == (broken.search(head) is not None), head


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"0", 0),
        (b"007", 7),
        (b"9" * 18, 10**18 - 1),
        *((bad, -1) for bad in (b"", b"+1", b"-1", b"1 ", b" 1", b"1_0", b"0x1", b"1,1", b"\xb2", b"1" * 19)),
    ],
)
def test_rfc9110_8_6_a_length_is_digits_alone(value, number):
    assert read_number(value) == number
