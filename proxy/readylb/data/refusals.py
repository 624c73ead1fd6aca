"""What clients are told where no endpoint answers them: status and one line that says whose fault it is."""

from __future__ import annotations

from readylb.core.http1.responses import Refusal
from readylb.core.retry import Failure
from readylb.data.pool import EndpointState
from readylb.data.table import ServiceState

# An endpoint at its limit has finished something a moment later.
_FULL_RETRY_SECONDS = 1
_SENTENCES = {
    Failure.UNREACHABLE: "could not be reached",
    Failure.CONNECT_TIMEOUT: "could not be reached in time",
    Failure.WITHDRAWN: "stopped being ready",
    Failure.RESET: "closed the connection without an answer",
    Failure.RESPONSE_TIMEOUT: "did not answer in time",
    Failure.INVALID: "sent an answer that is not valid HTTP",
    Failure.TRUNCATED: "broke off its answer",
}


def unavailable(service: ServiceState) -> Refusal:
    """Say why nobody is Ready."""
    table = service.table
    text = table.reason or "no endpoint is ready"
    return Refusal(503, f"{service.settings.name}: {text}", table.retry_after_seconds)


def full(service: ServiceState) -> Refusal:
    """Say that all who are Ready have as many requests as they may have."""
    text = "every ready endpoint is at its limit of requests"
    return Refusal(503, f"{service.settings.name}: {text}", _FULL_RETRY_SECONDS)


def failed(service: ServiceState, endpoint: EndpointState, failure: Failure, status: int) -> Refusal:
    """Say how the last try failed."""
    return Refusal(status, f"{service.settings.name}: {endpoint.name} {_SENTENCES[failure]}")


def starved(service: ServiceState) -> Refusal:
    """Return the answer where we have run out of what a connection takes; no endpoint can help that."""
    return Refusal(503, f"{service.settings.name}: no file or local port is left to connect with", 1)


def too_large(most: int) -> Refusal:
    """Say that a request body is above its limit of bytes."""
    return Refusal(413, f"the request body is larger than {most} bytes")
