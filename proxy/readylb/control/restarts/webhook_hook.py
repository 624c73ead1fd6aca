"""Restart by webhook: POST a JSON document to whoever can restart the endpoint.

`{"webhook": {"url": "https://ops.example/restart", "secretFile": "/etc/readylb/hook.key"}}`
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

import aiohttp

from readylb import __version__
from readylb.config.hook_needs import read_secret
from readylb.control.restarts.hook import RestartRequest
from readylb.core.container_command import expand
from readylb.core.restart_request import sanitized
from readylb.core.webhook import SIGNATURE, Answer, document, pause_before_retry, retry_after, signature
from readylb.errors import RuntimeFailureError
from readylb.model.restart import WebhookRestart
from readylb.model.serialization import format_time

#: One try may take this long, so that a receiver that hangs leaves time for another try.
TRY_SECONDS = 10.0

#: Bytes of a response that are read, for the event.
_READ_BYTES = 200


class WebhookHook:
    """POSTs who is to be restarted and why."""

    def __init__(
        self,
        settings: WebhookRestart,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Callable[[], float] = random.random,
    ) -> None:
        """POST as `settings` say; `sleep` waits between tries."""
        self._settings = settings
        self._sleep = sleep
        self._rng = rng

    async def restart(self, request: RestartRequest) -> str:
        """Send the document until it is accepted. RuntimeFailureError when it was not, with the last answer.

        Of the URL only scheme, host and port are named: the rest may hold a secret.
        """
        try:
            secret = read_secret(self._settings)
        except ValueError as error:
            raise RuntimeFailureError(str(error)) from error
        url = _expanded(self._settings.url, request)
        delivery = str(uuid.uuid4())
        body = document(request.variables(), request.message, delivery, format_time(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"readylb/{__version__}",
            "X-Readylb-Delivery": delivery,
            **({SIGNATURE: signature(secret, body)} if secret else {}),
        }
        said = await self._deliver(url, body, headers)
        return f"{_origin(url)} {said}"

    async def _deliver(self, url: str, body: bytes, headers: dict[str, str]) -> str:
        """Try until it is accepted, there is no use in it, or time is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.timeout_seconds
        timeout = aiohttp.ClientTimeout(total=None)
        tried, said = 0, ""
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            for tried in range(1, self._settings.attempts + 1):
                seconds = min(TRY_SECONDS, deadline - loop.time())
                answer, said = await _post(session, url, body, seconds)
                if answer.accepted:
                    return f"{said}{_tries(tried)}"
                pause = pause_before_retry(answer, tried, self._rng)
                last = tried == self._settings.attempts
                if last or pause is None or loop.time() + pause >= deadline:
                    break
                await self._sleep(pause)
        msg = f"{_origin(url)} {said}{_tries(tried)}"
        raise RuntimeFailureError(msg)


async def _post(session: aiohttp.ClientSession, url: str, body: bytes, seconds: float) -> tuple[Answer, str]:
    """Try once; return what came of it, and that in words."""
    answer = Answer(None)
    try:
        async with (
            asyncio.timeout(seconds),
            session.post(url, data=body, allow_redirects=False) as response,
        ):
            answer = Answer(response.status, retry_after(response.headers.get("Retry-After", "")))
            text = sanitized((await response.content.read(_READ_BYTES)).decode(errors="replace"))
            return answer, f"answered {response.status}" + (f": {text}" if text else "")
    except TimeoutError:
        if answer.accepted:  # what it goes on to say is not worth a second restart
            return answer, f"answered {answer.status}"
        return Answer(None), f"did not answer within {seconds:.3g} s"
    except (aiohttp.ClientError, OSError, UnicodeError) as error:
        return Answer(None), f"cannot be asked: {_cause(error)}"


def _cause(error: Exception) -> str:
    """Return why there was no answer, without the URL, which some of aiohttp's errors repeat."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return str(error.os_error.strerror or error.os_error).lower()
    if isinstance(error, UnicodeError):  # where it is looked up: a label that is empty or too long
        return "the host's name is none"
    return f"{type(error).__name__}"


def _expanded(url: str, request: RestartRequest) -> str:
    return expand(url, {name: quote(text, safe="") for name, text in request.variables().items()})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _tries(count: int) -> str:
    return "" if count == 1 else f" ({count} tries)"
