"""An application with a filled world behind it, and a client that knows the token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World, fill, make_world
from tests.admin.live import TOKEN, Live, serve
from tests.conftest import FakeClock

from readylb.admin.server import application
from readylb.core.admin_address import AdminAddress

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def world(clock: FakeClock) -> World:
    made = make_world(clock)
    fill(made)
    return made


@pytest.fixture
async def api(world: World, aiohttp_client: Callable[..., Awaitable[TestClient]]) -> TestClient:
    app = application(world.deps, AdminAddress(host="127.0.0.1"), TOKEN)
    return await aiohttp_client(app, headers=AUTHORIZED)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Live]:
    with serve(monkeypatch, tmp_path) as server:
        yield server
