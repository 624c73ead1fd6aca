"""An admin server in a thread of its own, for clients that block: the command, kubectl, curl."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

import pytest
from tests.admin.fakes import World, fill, make_world

from readylb.admin.server import AdminServer
from readylb.control.clock import SteadyClock
from readylb.control.store import ChangeType
from readylb.model import Pod

TOKEN = "a-token-of-tests"
T = TypeVar("T")


class Live:
    """A filled world behind a real server; pods that are deleted go away at once."""

    def __init__(self, address: str) -> None:
        self.world: World = make_world(SteadyClock())
        fill(self.world)
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.address = ""

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in the server's loop and return what it returns."""

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _start(self) -> None:
        self._server = AdminServer(self.world.deps, self._address, TOKEN)
        await self._server.start()
        self.address = str(self._server.address)
        self._finisher = asyncio.get_running_loop().create_task(self._finish_deletions())

    async def _stop(self) -> None:
        self._finisher.cancel()
        await self._server.stop()

    async def _finish_deletions(self) -> None:
        store = self.world.store
        with store.watch(Pod) as changes:
            async for change in changes:
                pod = change.object
                if change.type is not ChangeType.DELETED and pod.metadata.deletion_timestamp is not None:
                    store.remove(Pod, pod.metadata.namespace, pod.metadata.name)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def stop(self) -> None:
        """Stop the server while the clients still run."""
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result(10)

    def keep_deleted_pods(self) -> None:
        """Let pods that are deleted stay as they are, terminating."""
        self._loop.call_soon_threadsafe(self._finisher.cancel)

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextmanager
def serve(monkeypatch: pytest.MonkeyPatch, folder: Path, address: str = "127.0.0.1:0") -> Iterator[Live]:
    """Serve with tokens in `folder`; client verbs find the server by READYLB_ADMIN."""
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    with Live(address) as live:
        monkeypatch.setenv("READYLB_ADMIN", live.address)
        yield live
