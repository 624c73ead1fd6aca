from __future__ import annotations

import pytest

from readylb.core.request_key import read_hash_on

HEAD = (
    b"GET /a?b HTTP/1.1\r\nHost: web\r\nX-User: 17 \r\nCookie: theme=dark; Session=no; session=s1\r\n"
    b"x-user:18\r\nCookie: session=s2\r\n\r\n"
)


@pytest.mark.parametrize(
    ("hash_on", "key"),
    [
        ("client-ip", b"192.0.2.1"),
        ("uri", b"/a?b"),
        ("header:X-User", b"17,18"),
        ("header:x-user", b"17,18"),
        ("header:User", b""),
        ("header:X-Use", b""),
        ("cookie:session", b"s1"),
        ("cookie:ession", b""),
        ("cookie:theme", b"dark"),
    ],
)
def test_the_key_is_read_out_of_the_head(hash_on, key) -> None:
    assert read_hash_on(hash_on)(HEAD, b"/a?b", "192.0.2.1") == key


@pytest.mark.parametrize(
    "hash_on", ["", "client_ip", "header", "header:", "header:a b", "uri:x", "cookie:a=b;c"]
)
def test_other_words_are_refused(hash_on) -> None:
    with pytest.raises(ValueError, match="must be client-ip"):
        read_hash_on(hash_on)
