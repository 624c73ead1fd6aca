"""`/metrics`: everything that is counted, as Prometheus reads it."""

from __future__ import annotations

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.control.turns import Turns

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def metrics(request: web.Request) -> web.Response:
    """Answer with the whole registry."""
    deps = request.app[DEPS]
    turns, parts = Turns(deps.clock), []
    for part in deps.metrics.parts():
        parts.append(part)
        await turns.pause()
    return web.Response(body=b"".join(parts), headers={"Content-Type": _CONTENT_TYPE})
