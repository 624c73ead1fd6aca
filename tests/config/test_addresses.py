from __future__ import annotations

import pytest

from readylb.config.addresses import format_address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8081", ("127.0.0.1", 8081)),
        ("localhost:80", ("localhost", 80)),
        ("web-1.example.com:65535", ("web-1.example.com", 65535)),
        ("[::1]:8081", ("::1", 8081)),
        (" a:1 ", ("a", 1)),
        ("unix:/run/web.sock", ("unix:/run/web.sock", 0)),
    ],
)
def test_an_address_is_a_host_and_a_port(text, address):
    assert parse_address(text) == address
    assert format_address(*address) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        ":80",
        "a:",
        "a:x",
        "::1:80",
        "http://a:80",
        "a b:80",
        "a:8\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match=r"^must be HOST:PORT"):
        parse_address(text)


@pytest.mark.parametrize("text", ["unix:", "unix:web.sock", "unix:/run/"])
def test_a_unix_socket_is_named_by_its_whole_path(text):
    with pytest.raises(ValueError, match="by its whole path"):
        parse_address(text)


@pytest.mark.parametrize("text", ["a:0", "a:65536", "a:99999"])
def test_ports_have_bounds(text):
    with pytest.raises(ValueError, match="between 1 and 65535"):
        parse_address(text)
