from __future__ import annotations

import pytest

from readylb.core.http1.diagnosis import UNCLEAR, what_is_wrong

REASONS = [
    (b"\x16\x03\x01\x02\x00", "TLS"),
    (b"GET / HTTP/1.1\nHost: web\n\n", "bare LF"),
    (b"GET / HTTP/1.1\r\nHost: w\rb\r\n\r\n", "bare CR"),
    (b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", "control character"),
    (b"GET / HTTP/1.1\r\nX: a\x7fb\r\n\r\n", "control character"),
    (b"GET / HTTP/1.1\r\nX: a\r\n folded\r\n\r\n", "folded"),
    (b"GET / HTTP/1.1\r\nX: a\r\n\tfolded", "folded"),
    (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", "no colon"),
    (b"GET / HTTP/1.1\r\n: x\r\n\r\n", "no name"),
    (b"GET / HTTP/1.1\r\nContent-Length : 3\r\n\r\n", "before the colon"),
    (b"GET / HTTP/1.1\r\nX(Y): 3\r\n\r\n", "name of a header field"),
    (b"GET / HTTP/1.1\r\nHost: web\r\n\r\n", UNCLEAR),
    (b"GET / HTTP/1.1\r\nHost: web\r\nAcc", UNCLEAR),
    (b"GET / HTTP/1.1\r", UNCLEAR),
    (b"", UNCLEAR),
]


@pytest.mark.parametrize(("head", "words"), REASONS)
def test_the_first_reason_is_named(head: bytes, words: str) -> None:
    assert words in what_is_wrong(head)


def test_nothing_of_the_head_is_repeated() -> None:
    assert "secret" not in what_is_wrong(b"GET /secret HTTP/1.1\r\nsecret : secret\r\n\r\n")
