"""`/livez` and `/readyz` of the balancer itself, for whoever supervises it."""

from __future__ import annotations

from aiohttp import web

from readylb.admin.deps import DEPS


async def livez(_request: web.Request) -> web.Response:
    """Answer 200: the control loop runs, or this would not be answered."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """Answer 200, or 503 with the reasons, one a line."""
    ready, reasons = request.app[DEPS].ready()
    if ready:
        return web.Response(text="ok\n")
    return web.Response(status=503, text=reasons.rstrip("\n") + "\n")
