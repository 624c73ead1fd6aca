"""Restart by Docker, or Podman: `{"docker": {"container": "web-$(INDEX)"}}`.

The Engine's API over its Unix socket (docs.docker.com/reference/api/engine, ContainerRestart).
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from readylb.control.restarts.hook import RestartRequest
from readylb.core.container_command import expand
from readylb.core.restart_request import sanitized
from readylb.errors import RuntimeFailureError
from readylb.model.restart import DockerRestart

#: Any name will do for the host: the socket is the address.
_ENGINE = "http://docker"
#: Bytes of an answer that are read; a container's description has some tens of KiB.
_READ_BYTES = 1_048_576
_OK, _NO_CONTENT = 200, 204


class DockerHook:
    """Asks an engine to restart a container."""

    def __init__(self, settings: DockerRestart) -> None:
        """Ask as `settings` say."""
        self._settings = settings

    async def restart(self, request: RestartRequest) -> str:
        """Restart the container and look whether it runs. RuntimeFailureError when it does not."""
        name = expand(self._settings.container, request.variables())
        seconds = self._settings.timeout_seconds
        connector = aiohttp.UnixConnector(self._settings.socket)
        timeout = aiohttp.ClientTimeout(total=None)
        try:
            async with (
                asyncio.timeout(seconds),
                aiohttp.ClientSession(_ENGINE, connector=connector, timeout=timeout) as session,
            ):
                await self._ask(session, name)
                return _verdict(name, await _state(session, name))
        except TimeoutError as error:
            msg = f"container {name} was not restarted within {seconds:g} s"
            raise RuntimeFailureError(msg) from error
        except (aiohttp.ClientError, OSError) as error:
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            reason = (isinstance(cause, OSError) and cause.strerror) or str(cause) or type(cause).__name__
            msg = f"cannot ask the engine at {self._settings.socket}: {reason.lower()}"
            raise RuntimeFailureError(msg) from error

    async def _ask(self, session: aiohttp.ClientSession, name: str) -> None:
        stop = self._settings.stop_seconds
        query = {} if stop is None else {"t": str(stop)}
        async with session.post(f"/containers/{name}/restart", params=query) as response:
            if response.status != _NO_CONTENT:
                raise RuntimeFailureError(await _refusal(response, name))


async def _state(session: aiohttp.ClientSession, name: str) -> dict[str, Any]:
    async with session.get(f"/containers/{name}/json") as response:
        if response.status != _OK:
            raise RuntimeFailureError(await _refusal(response, name))
        found = await _json(response)
    state = found.get("State")
    return state if isinstance(state, dict) else {}


def _verdict(name: str, state: dict[str, Any]) -> str:
    """Return in words that the container runs; an engine has done its work even if it does not."""
    if state.get("Running"):
        return f"container {name} is {state.get('Status', 'running')}"
    code, error = state.get("ExitCode"), sanitized(str(state.get("Error") or ""))
    msg = f"container {name} has ended again with exit code {code}{f': {error}' if error else ''}"
    raise RuntimeFailureError(msg)


async def _refusal(response: aiohttp.ClientResponse, name: str) -> str:
    """Return the engine's words: every error of its API is `{"message": ...}`."""
    said = sanitized(str((await _json(response)).get("message") or response.reason or ""))
    return f"the engine answered {response.status} for container {name}: {said}"


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > _READ_BYTES:
            return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
