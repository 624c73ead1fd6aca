from __future__ import annotations

from pathlib import Path

import pytest

from readylb.config.own_folder import own_folder
from readylb.errors import UsageError


def _nobody(_: type[Path]) -> Path:
    msg = "Could not determine home directory."
    raise RuntimeError(msg)


@pytest.fixture(autouse=True)
def _no_state_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_it_is_below_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert own_folder() == Path("/home/me/.local/state/readylb")


def test_a_user_without_an_account_needs_no_home_where_the_environment_names_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "home", classmethod(_nobody))
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/12345")
    assert own_folder() == Path("/run/user/12345/readylb")


def test_a_user_without_an_account_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", classmethod(_nobody))
    with pytest.raises(UsageError, match=r"no home folder \(set HOME or XDG_RUNTIME_DIR\)"):
        own_folder()
