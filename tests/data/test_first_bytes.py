from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readylb.data.first_bytes import looks_like_http


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"GET /", True),
        (b"PROPFIND /", True),
        (b"OPTIONS * HTTP/1.1", True),
        (b"GET http://web/ HTTP/1.1", True),
        (b"CONNECT web:80", True),
        (b"\r\nGET /", True),
        (b"G", None),
        (b"GET ", None),
        (b"GET x", None),
        (b"GET x HTTP/1.1\r\n", True),
        (b"get / HTTP/1.1\r\n", True),
        (b" GET / HTTP/1.1\r\n", True),
        (b"\x00GET / HTTP/1.1\r\n", True),
        (b"GET\t/\thttp/1.1\n", True),
        (b"PRI", None),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", False),
        (b"\x16\x03\x01", False),
        (b"SSH-2.0-OpenSSH", False),
        (b"EHLO\r\n", False),
        (b"EHLO example.com\r\n", False),
        (b"hello", False),
        (b"PING\r\n", False),
        (b"*1\r\n$4\r\nPING\r\n", False),
        (b"\0\0\0\x08\x04\xd2\x16\x2f", False),
        (b"A" * 9000, False),
    ],
)
def test_the_first_bytes_tell_http_from_the_rest(first, verdict):
    assert looks_like_http(first) is verdict


@given(st.sampled_from([b"GET", b"PROPFIND", b"SEARCH"]), st.integers(1, 30))
def test_no_part_of_a_request_is_taken_for_anything_else(method, size):
    head = method + b" /index.html HTTP/1.1\r\n"
    assert looks_like_http(head[:size]) is not False
