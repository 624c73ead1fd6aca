from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readylb.core.proxy_protocol import V1_BYTES, End, Header, ProxyProtocolError, may_begin, parse, render

V2 = b"\r\n\r\n\x00\r\nQUIT\n"
ends = st.builds(End, st.ip_addresses(v=4).map(str), st.integers(0, 65535))
six = st.builds(End, st.ip_addresses(v=6).map(str), st.integers(0, 65535))


@given(st.sampled_from([1, 2]), st.one_of(st.tuples(ends, ends), st.tuples(six, six)), st.binary(max_size=20))
def test_what_is_rendered_is_parsed_and_bytes_behind_are_left(version, pair, rest) -> None:
    head = render(version, *pair)
    assert parse(head + rest) == Header(len(head), *pair)
    assert may_begin(head[:1])


@given(st.sampled_from([1, 2]), st.one_of(st.tuples(ends, ends), st.tuples(six, six)), st.data())
def test_a_part_of_a_header_is_not_yet_one(version, pair, data) -> None:
    head = render(version, *pair)
    assert parse(head[: data.draw(st.integers(0, len(head) - 1))]) is None


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda tail: V2 + tail)))
def test_any_bytes_are_a_header_or_refused_or_too_few(data) -> None:
    with suppress(ProxyProtocolError):
        found = parse(data)
        assert found is None or 0 < found.size <= len(data)


@pytest.mark.parametrize(
    "line",
    [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
        b"PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        b"PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
        b"PROXY TCP4 a b 1 2\r\n",
        b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY\r\n",
        b"PROXX UNKNOWN\r\n",
        b"PROXY UNKNOWN " + b"x" * V1_BYTES + b"\r\n",
        b"PROXY UNKNOWN " + b"x" * V1_BYTES,
        b"POST / HTTP/1.1",
        b"GET / HTTP/1.1\r\n",
        V2 + b"\x11\x11\x00\x0c" + bytes(12),
        V2 + b"\x22\x11\x00\x0c" + bytes(12),
        V2 + b"\x21\x41\x00\x0c" + bytes(12),
        V2 + b"\x21\x13\x00\x0c" + bytes(12),
        V2 + b"\x21\x11\x00\x0b" + bytes(11),
        V2 + b"\x21\x21\x00\x0c" + bytes(12),
        V2 + b"\x21\x11\xff\xff",
    ],
)
def test_what_is_not_exactly_a_header_is_refused(line) -> None:
    with pytest.raises(ProxyProtocolError):
        parse(line)


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
        V2 + b"\x20\x00\x00\x00",
        V2 + b"\x20\x11\x00\x03abc",
        V2 + b"\x21\x00\x00\x00",
        V2 + b"\x21\x31\x00\xd8" + bytes(216),
        V2 + b"\x21\x12\x00\x0c" + bytes(12),
    ],
)
def test_a_header_without_ends_is_whole_all_the_same(header) -> None:
    assert parse(header + b"rest") == Header(len(header))


def test_extensions_behind_the_addresses_are_passed_over() -> None:
    head = (
        V2
        + b"\x21\x11\x00\x10"
        + bytes((192, 0, 2, 1, 192, 0, 2, 2))
        + b"\x00\x01\x00\x02"
        + b"\x04\x00\x01x"
    )
    assert parse(head) == Header(len(head), End("192.0.2.1", 1), End("192.0.2.2", 2))


@pytest.mark.parametrize("pair", [("unix:", "127.0.0.1"), ("::1", "127.0.0.1"), ("127.0.0.1", "::1")])
def test_ends_of_no_common_family_are_unknown(pair) -> None:
    one, other = End(pair[0], 1), End(pair[1], 2)
    assert render(1, one, other) == b"PROXY UNKNOWN\r\n"
    assert parse(render(2, one, other)) == Header(16)


def test_ordinary_traffic_does_not_begin_like_a_header() -> None:
    assert not any(
        may_begin(data) for data in (b"GET / HTTP/1.1\r\n", b"POST", b"\x16\x03\x01", b"\r\n\r\nGET")
    )
    assert all(may_begin(data) for data in (b"P", b"PROXY TCP4", b"\r", b"\r\n\r\n\x00"))
