"""A small Docker Engine: the two calls of its API that matter here, over a Unix socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web


@dataclass
class Engine:
    """Containers by name; `restarts` notes (name, query) of each restart that was asked for."""

    socket: Path
    containers: dict[str, dict[str, object]] = field(default_factory=dict)
    restarts: list[tuple[str, str]] = field(default_factory=list)
    #: What a container is after its restart.
    after: dict[str, object] = field(default_factory=lambda: {"Running": True, "Status": "running"})
    #: Status and words of a failure, instead of a restart.
    failure: tuple[int, str] | None = None
    hangs: bool = False

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/containers/{name}/restart", self._restart)
        app.router.add_get("/containers/{name}/json", self._inspect)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.UnixSite(runner, str(self.socket)).start()
        return runner

    async def _restart(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.containers:
            return _said(404, f"No such container: {name}")
        self.restarts.append((name, request.query_string))
        if self.hangs:
            await asyncio.sleep(3600)
        if self.failure is not None:
            return _said(*self.failure)
        self.containers[name] = self.after
        return web.Response(status=204)

    async def _inspect(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.json_response({"Name": f"/{name}", "State": self.containers[name]})


def _said(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
