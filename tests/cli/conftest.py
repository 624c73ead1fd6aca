"""A running server that the verbs find by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.admin.live import Live, serve


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Live]:
    with serve(monkeypatch, tmp_path) as server:
        yield server
