from __future__ import annotations

from pathlib import Path

import pytest

from readylb.admin.auth import TokenFile, new_token
from readylb.core.admin_address import AdminAddress
from readylb.errors import ReadylbError

ADDRESS = AdminAddress(host="127.0.0.1", port=8001)


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 43


def test_the_file_is_private_and_named_after_the_address(tmp_path: Path) -> None:
    file = TokenFile(ADDRESS)
    file.write("secret")
    assert file.path == tmp_path / "readylb" / "127.0.0.1:8001.token"
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_too_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "readylb"
    folder.mkdir(mode=0o755)
    folder.chmod(0o777)
    TokenFile(ADDRESS).write("secret")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "readylb").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReadylbError, match="not a folder of ours"):
        TokenFile(ADDRESS).write("secret")


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "readylb").mkdir()
    monkeypatch.setattr("readylb.admin.auth.os.geteuid", lambda: 4711)
    with pytest.raises(ReadylbError, match=r"not a folder of ours .*--admin off"):
        TokenFile(ADDRESS).write("secret")


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "readylb").write_text("a file")
    with pytest.raises(ReadylbError, match=r"cannot write the admin token to .*exists"):
        TokenFile(ADDRESS).write("secret")


def test_an_old_file_is_replaced_and_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    file = TokenFile(ADDRESS)
    file.write("first")
    outside = tmp_path / "outside"
    outside.write_text("mine")
    file.path.unlink()
    file.path.symlink_to(outside)
    file.write("second")
    assert outside.read_text() == "mine"
    assert file.path.read_text().strip() == "second"


def test_remove_leaves_the_file_of_a_later_start() -> None:
    file = TokenFile(ADDRESS)
    file.write("first")
    file.write("second")
    file.remove("first")
    assert file.path.exists()
    file.remove("second")
    assert not file.path.exists()
    file.remove("second")


def test_removing_leaves_what_was_never_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = TokenFile(ADDRESS)
    file.write("theirs")

    def refuse(_: Path) -> str:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", refuse)
        file.remove("ours")
    assert file.path.read_text() == "theirs\n"
