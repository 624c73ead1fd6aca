"""The admin server: one aiohttp application on a TCP address or a Unix socket."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from readylb.admin.auth import TokenFile, carries_token, host_is_ours
from readylb.admin.deps import DEPS, AdminDeps
from readylb.admin.kubernetes.status import (
    ForbiddenError,
    UnauthorizedError,
    answer,
    failure,
    failure_of,
    http_failure,
)
from readylb.admin.routes import ROUTES, Access
from readylb.core.admin_address import AdminAddress, parse_admin_address
from readylb.errors import ListenError, ReadylbError

log = logging.getLogger(__name__)

#: Watches and followed logs never end by themselves: at stop they are cut after this many seconds.
_SHUTDOWN_SECONDS = 0.25

__all__ = ["AdminDeps", "AdminServer", "application"]

#: A command for exec is part of the URL; Linux itself takes 128 KiB for one argument.
_LINE_LIMIT = 128 * 1024

_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AdminServer:
    """Serves the API at `address` (`HOST:PORT`, `unix:PATH`, `off`) to whoever knows `token`."""

    def __init__(self, deps: AdminDeps, address: str, token: str) -> None:
        """Build it; nothing listens yet. UsageError for an address that is none."""
        self.address = parse_admin_address(address)
        self._deps = deps
        self._token = token
        self._runner: web.AppRunner | None = None
        self._token_file: TokenFile | None = None
        self._socket_path = ""  # of the socket that we made, not of one that we found

    async def start(self) -> None:
        """Listen, then write the token file. ListenError or ReadylbError with a remedy."""
        if self.address is None:
            return
        runner = web.AppRunner(
            application(self._deps, self.address, self._token),
            access_log=None,
            logger=_protocol_log(),
            max_line_size=_LINE_LIMIT,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        self._runner = runner
        try:
            self.address = await _listen(runner, self.address)
            self._socket_path = self.address.path
            self._token_file = TokenFile(self.address)
            self._token_file.write(self._token)
        except ReadylbError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop listening, cut what still streams, remove the token file."""
        if self._token_file is not None:
            self._token_file.remove(self._token)
            self._token_file = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
            if self._socket_path:
                _remove_socket(self._socket_path)


def application(deps: AdminDeps, address: AdminAddress, token: str) -> web.Application:
    """Return the application: the table of routes behind the checks of access."""
    app = web.Application(middlewares=[_errors_as_status])
    app[DEPS] = deps
    for route in ROUTES:
        guarded = _guard(route.answer, route.access, address, token)
        for path in (route.path, "/token/{token}" + route.path):
            app.router.add_route(route.method, path, guarded)
    return app


def _guard(inner: _Answer, access: Access, address: AdminAddress, token: str) -> _Answer:
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not host_is_ours(request, address):
            msg = "the Host header names neither a loopback address nor the one that the admin API listens on"
            raise ForbiddenError(msg)
        if access is not Access.ANYONE and not carries_token(request, token):
            msg = "Unauthorized"
            raise UnauthorizedError(msg)
        return await inner(request)

    return guarded


def _protocol_log() -> logging.Logger:
    """Return aiohttp's logger without what clients do wrong: those are answered 400, and not our fault."""
    logger = logging.getLogger("readylb.admin.protocol")
    logger.addFilter(_is_our_fault)
    return logger


def _is_our_fault(record: logging.LogRecord) -> bool:
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, HttpProcessingError):
        log.debug("a request that is not HTTP: %s", fault.message)
        return False
    return True


@web.middleware
async def _errors_as_status(request: web.Request, handler: _Answer) -> web.StreamResponse:
    try:
        return await handler(request)
    except ReadylbError as error:
        headers = (
            {"WWW-Authenticate": 'Bearer realm="readylb"'} if isinstance(error, UnauthorizedError) else {}
        )
        return answer(failure(error), **headers)
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return answer(http_failure(error), **headers)
    except ConnectionResetError:
        raise  # the client has gone: nobody to answer
    except Exception:
        resource = request.match_info.route.resource  # not the path: it may hold the token
        log.exception("the admin API failed at %s %s", request.method, resource and resource.canonical)
        return answer(failure_of(500, "InternalError", "internal error: see the log of readylb"))


async def _listen(runner: web.AppRunner, address: AdminAddress) -> AdminAddress:
    """Bind; return the address with the port that was really bound."""
    try:
        if address.path:
            await _listen_unix(runner, address.path)
            return address
        site = web.TCPSite(runner, address.host, address.port)
        await site.start()
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno else str(error)
        remedy = "choose another: --admin ADDR, or --admin off"
        msg = f"cannot listen for the admin API on {address}: {cause.lower()} ({remedy})"
        raise ListenError(msg) from error
    port = runner.addresses[0][1] if address.port == 0 else address.port
    return AdminAddress(host=address.host, port=port)


async def _listen_unix(runner: web.AppRunner, path: str) -> None:
    """Bind a Unix socket that only its owner may connect to; one left by a dead readylb is replaced."""
    if await _answers(path):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, path).start()
    finally:
        os.umask(before)


def _remove_socket(path: str) -> None:
    Path(path).unlink(missing_ok=True)


async def _answers(path: str) -> bool:
    """Say whether somebody listens on a Unix socket."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    writer.close()
    return True
