from __future__ import annotations

from pathlib import Path

import pytest

from readylb.config.admin_token import read_token, token_paths
from readylb.core.admin_address import parse_admin_address
from readylb.errors import ReadylbError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_a_token_is_found_under_every_way_to_write_the_address() -> None:
    listening, asked = parse_admin_address("127.0.0.1:8001"), parse_admin_address("localhost:8001")
    assert listening is not None
    assert asked is not None
    assert read_token(asked) == ""
    path = token_paths(listening)[0]
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text("secret\n")
    assert read_token(listening) == "secret"
    assert read_token(asked) == "secret"


def test_a_token_that_cannot_be_read_says_where_it_is() -> None:
    address = parse_admin_address("127.0.0.1:8001")
    assert address is not None
    token_paths(address)[0].mkdir(parents=True)
    with pytest.raises(ReadylbError, match=r"cannot read the admin token in .*: Is a directory"):
        read_token(address)
