"""`/metrics`: everything that is counted, as Prometheus reads it."""

from __future__ import annotations

from aiohttp import web

from readylb.admin.deps import DEPS

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def metrics(request: web.Request) -> web.Response:
    """Answer with the whole registry."""
    return web.Response(body=request.app[DEPS].metrics.expose(), headers={"Content-Type": _CONTENT_TYPE})
