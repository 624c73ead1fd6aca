from __future__ import annotations

import pytest

from readylb.core.admin_address import AdminAddress, parse_admin_address, token_folder
from readylb.errors import UsageError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8001", AdminAddress(host="127.0.0.1", port=8001)),
        (":8001", AdminAddress(host="127.0.0.1", port=8001)),
        ("[::1]:8001", AdminAddress(host="::1", port=8001)),
        ("unix:/run/x.sock", AdminAddress(path="/run/x.sock")),
        ("off", None),
    ],
)
def test_an_address_is_host_and_port_or_a_socket_or_off(text: str, address: AdminAddress | None) -> None:
    assert parse_admin_address(text) == address


@pytest.mark.parametrize("text", ["", "8001", "host:", "host:x", "host:65536", "unix:", "host:-1"])
def test_anything_else_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="write HOST:PORT, unix:PATH or off"):
        parse_admin_address(text)


@pytest.mark.parametrize("text", ["127.0.0.1:8001", "[::1]:8001", "unix:/run/x.sock"])
def test_an_address_prints_as_it_is_written(text: str) -> None:
    assert str(parse_admin_address(text)) == text


def test_a_token_file_is_one_file_name() -> None:
    assert AdminAddress(path="/run/a%b").token_file_name == "unix:%2Frun%2Fa%25b.token"


def test_a_loopback_client_also_looks_for_a_server_on_all_addresses() -> None:
    aliases = [str(alias) for alias in AdminAddress(host="127.0.0.1", port=1).aliases]
    assert aliases[0] == "127.0.0.1:1"
    assert "0.0.0.0:1" in aliases
    assert AdminAddress(host="10.0.0.1", port=1).aliases == (AdminAddress(host="10.0.0.1", port=1),)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_RUNTIME_DIR": "/run/user/1"}, "/run/user/1/readylb"),
        ({"XDG_RUNTIME_DIR": "relative"}, "/home/me/.local/state/readylb"),
        ({"XDG_STATE_HOME": "/state"}, "/state/readylb"),
        ({}, "/home/me/.local/state/readylb"),
    ],
)
def test_the_folder_follows_the_xdg_rules(environment: dict[str, str], folder: str) -> None:
    assert token_folder(environment, "/home/me") == folder


def test_a_server_on_all_addresses_is_reached_on_loopback() -> None:
    assert str(AdminAddress(host="0.0.0.0", port=1).reachable) == "127.0.0.1:1"
    assert str(AdminAddress(host="::", port=1).reachable) == "[::1]:1"
    assert str(AdminAddress(host="10.0.0.1", port=1).reachable) == "10.0.0.1:1"


def test_a_folder_of_tokens_needs_something_to_lie_in() -> None:
    with pytest.raises(UsageError, match=r"set HOME or XDG_RUNTIME_DIR"):
        token_folder({}, "")
