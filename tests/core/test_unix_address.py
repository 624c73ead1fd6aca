from __future__ import annotations

import pytest

from readylb.core.unix_address import parse_unix, unix_path


def test_a_path_is_an_address_and_back() -> None:
    assert parse_unix("unix:/run/web.sock") == "unix:/run/web.sock"
    assert unix_path("unix:/run/web.sock") == "/run/web.sock"


def test_other_addresses_are_none() -> None:
    assert parse_unix("127.0.0.1:80") is None
    assert unix_path("127.0.0.1") is None


@pytest.mark.parametrize(
    "text", ["unix:", "unix:web.sock", "unix:/", "unix:/run/", "unix:/" + "a" * 107, "unix:/\0"]
)
def test_what_the_kernel_would_not_take_is_refused(text) -> None:
    with pytest.raises(ValueError, match="Unix socket"):
        parse_unix(text)
