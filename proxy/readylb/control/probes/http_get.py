"""httpGet probes: 200-399 after local redirects is success (`pkg/probe/http/http.go`)."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache

from readylb.control.probes.address import resolve
from readylb.control.probes.ask import Ask
from readylb.control.probes.dial import DialError, dial
from readylb.control.probes.http_exchange import ExchangeError, HTTPExchange, Response
from readylb.control.probes.http_request import Headers, ProbeURL, first_request, first_url, is_absolute
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.control.probes.preface import preface
from readylb.model.probe import HTTPGetAction, ProbeResult

#: Requests in a chain of redirects, the first included (net/http's own limit).
MAXIMUM_REQUESTS = 10

#: Answers whose Location is followed; another 3xx is final.
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
_REDIRECTION = 300
_CLIENT_ERROR = 400

_TIMEOUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
_BODY_TIMEOUT = "context deadline exceeded (Client.Timeout or context cancellation while reading body)"


async def http_get(ask: Ask, action: HTTPGetAction) -> Outcome:
    """Ask once. ProbeError when the port is none, or when a response's body breaks off."""
    host, port = resolve(ask, action.host, action.port)
    chain = _Chain(first_url(action.scheme, host, port, action.path), preface(ask, host, port))
    try:
        async with asyncio.timeout(ask.probe.timeout_seconds):
            answer = await chain.follow(*first_request(action.http_headers, chain.url))
    except TimeoutError:
        if chain.in_body:
            raise ProbeError(_BODY_TIMEOUT, ProbeResult.FAILURE) from None
        return _failure(chain.shown, _TIMEOUT)
    except ExchangeError as error:
        if error.in_body:
            raise ProbeError(str(error), ProbeResult.FAILURE) from error
        return _failure(chain.shown, str(error))
    except DialError as error:
        return _failure(chain.shown, str(error), refused=error.refused)
    except ValueError as error:
        return _failure(chain.shown, str(error))
    return _verdict(answer)


def _verdict(answer: Response) -> Outcome:
    body = answer.body.decode("utf-8", "replace")
    if _OK <= answer.status < _REDIRECTION:
        return Outcome(ProbeResult.SUCCESS, body)
    if _REDIRECTION <= answer.status < _CLIENT_ERROR:
        return Outcome(ProbeResult.WARNING, f"Probe terminated redirects, Response body: {body}")
    return Outcome(ProbeResult.FAILURE, f"HTTP probe failed with statuscode: {answer.status}")


def _failure(shown: str, text: str, *, refused: bool = False) -> Outcome:
    return Outcome(ProbeResult.FAILURE, f'Get "{shown}": {text}', refused)


@dataclass(slots=True)
class _Chain:
    """A request and the redirects it leads to. `shown` is the URL that an error names.

    `preface` goes before each request to where the first one went.
    """

    url: ProbeURL
    preface: bytes = b""
    shown: str = ""
    in_body: bool = False
    first: tuple[str, int] = ("", 0)

    def __post_init__(self) -> None:
        self.shown = str(self.url)
        self.first = self.url.host, self.url.port

    async def follow(self, headers: Headers, request: bytes) -> Response:
        """Return the final answer: redirects are followed while the host name stays the same."""
        home, host, referer, location = self.url.host, headers.host, "", ""
        for _ in range(MAXIMUM_REQUESTS):
            answer = await self._exchange(request)
            location = answer.location or ""
            if answer.status not in _REDIRECTS or not location:
                return answer
            following = self._redirect(location)
            if following.host != home:
                return answer
            if is_absolute(location):
                host = ""
            referer = "" if (self.url.scheme, following.scheme) == ("https", "http") else str(self.url)
            self.url, self.shown = following, str(following)
            request = headers.render(self.url, host, referer)
        self.shown = location
        msg = f"stopped after {MAXIMUM_REQUESTS} redirects"
        raise ValueError(msg)

    def _redirect(self, location: str) -> ProbeURL:
        try:
            return self.url.redirect(location)
        except ValueError as error:
            msg = f'failed to parse Location header "{location}": {error}'
            raise ValueError(msg) from error

    async def _exchange(self, request: bytes) -> Response:
        self.in_body = False
        tls = _unverified() if self.url.scheme == "https" else None
        host, port = self.url.host, self.url.port
        before = self.preface if (host, port) == self.first else b""
        exchange = await dial(lambda: HTTPExchange(request), host, port, tls, preface=before)
        try:
            return await exchange.response
        finally:
            self.in_body = exchange.in_body
            exchange.close()


@cache
def _unverified() -> ssl.SSLContext:
    """Return a client context that takes any certificate, as kubelet does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
