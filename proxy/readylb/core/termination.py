"""Every way an exchange, a connection or a tunnel can end: one word each, in counts and in the access log.

A word belongs to the end as the client saw it. The tries before it, of which several may have failed in
other ways, are counted at their endpoints. `python -m readylb.config.reference` writes the table for
people to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Termination(StrEnum):
    """One word per way to end. Its value is the `reason` of `readylb_terminations_total`."""

    COMPLETED = "Completed"
    # the client's doing
    BAD_REQUEST = "BadRequest"
    REQUEST_LINE_TOO_LONG = "RequestLineTooLong"
    HEAD_TOO_LARGE = "HeadTooLarge"
    BODY_TOO_LARGE = "BodyTooLarge"
    LOOP_DETECTED = "LoopDetected"
    HEAD_TIMEOUT = "HeadTimeout"
    REQUEST_TIMEOUT = "RequestTimeout"
    CLIENT_GONE = "ClientGone"
    CLIENT_STALLED = "ClientStalled"
    # the endpoint's doing
    CONNECT_FAILED = "ConnectFailed"
    CONNECT_TIMEOUT = "ConnectTimeout"
    ENDPOINT_WITHDRAWN = "EndpointWithdrawn"
    RESET = "Reset"
    RESPONSE_TIMEOUT = "ResponseTimeout"
    INVALID_RESPONSE = "InvalidResponse"
    RESPONSE_CUT = "ResponseCut"
    RESPONSE_STALLED = "ResponseStalled"
    # ours
    NO_READY_ENDPOINTS = "NoReadyEndpoints"
    ENDPOINTS_FULL = "EndpointsFull"
    OUT_OF_FILES = "OutOfFiles"
    TUNNEL_IDLE = "TunnelIdle"
    DRAINED = "Drained"
    # connections that were not let in
    SOURCE_NOT_ALLOWED = "SourceNotAllowed"
    PROXY_HEADER_UNTRUSTED = "ProxyHeaderUntrusted"
    PROXY_HEADER_TIMEOUT = "ProxyHeaderTimeout"
    BAD_PROXY_HEADER = "BadProxyHeader"


#: What the client gets, and what it means.
MEANINGS: Mapping[Termination, tuple[str, str]] = MappingProxyType(
    {
        Termination.COMPLETED: (
            "the response",
            "It ended well; a tunnel or TCP connection: both sides closed.",
        ),
        Termination.BAD_REQUEST: ("400, 405, 501, or a cut", "The request is not one that may be forwarded."),
        Termination.REQUEST_LINE_TOO_LONG: ("414", "The request line is above its limit."),
        Termination.HEAD_TOO_LARGE: (
            "431",
            "The head, the number of its fields or the trailers are above a limit.",
        ),
        Termination.BODY_TOO_LARGE: ("413, or a cut", "The request body is above its limit."),
        Termination.LOOP_DETECTED: (
            "508",
            "It came by again and again (`Via`): an endpoint leads back to readylb.",
        ),
        Termination.HEAD_TIMEOUT: ("408", "The request head did not arrive in time."),
        Termination.REQUEST_TIMEOUT: ("408", "The request body stopped arriving."),
        Termination.CLIENT_GONE: (
            "nothing (logged as 499)",
            "The client closed before it had its response; a tunnel or TCP connection: it reset.",
        ),
        Termination.CLIENT_STALLED: ("a cut", "The client stopped reading its response."),
        Termination.CONNECT_FAILED: ("502", "No try could connect, the last one because it was refused."),
        Termination.CONNECT_TIMEOUT: ("504", "No try could connect, the last one not in time."),
        Termination.ENDPOINT_WITHDRAWN: (
            "502",
            "The endpoint stopped being Ready and no other could have it.",
        ),
        Termination.RESET: ("502", "The endpoint closed the connection before it had answered."),
        Termination.RESPONSE_TIMEOUT: ("504", "The response head did not arrive in time."),
        Termination.INVALID_RESPONSE: ("502, or a cut", "The response is not one that may be forwarded."),
        Termination.RESPONSE_CUT: (
            "502, or a cut",
            "The endpoint closed in the middle of its response; a tunnel or TCP connection: it reset.",
        ),
        Termination.RESPONSE_STALLED: (
            "a cut",
            "The endpoint stopped sending in the middle of its response.",
        ),
        Termination.NO_READY_ENDPOINTS: ("503 and Retry-After", "No endpoint is Ready."),
        Termination.ENDPOINTS_FULL: (
            "503 and Retry-After",
            "Every Ready endpoint is at its limit of requests.",
        ),
        Termination.OUT_OF_FILES: ("503 and Retry-After", "No file or local port was left to connect with."),
        Termination.TUNNEL_IDLE: ("a cut", "Nothing moved in a tunnel or TCP connection."),
        Termination.DRAINED: (
            "a cut, or 502",
            "It still ran when the grace period was over, of its endpoint or of a drain.",
        ),
        Termination.SOURCE_NOT_ALLOWED: ("a cut", "The client is outside loadBalancerSourceRanges."),
        Termination.PROXY_HEADER_UNTRUSTED: (
            "a cut",
            "A PROXY header is required and the client is no proxy.",
        ),
        Termination.PROXY_HEADER_TIMEOUT: ("a cut", "A required PROXY header did not arrive in time."),
        Termination.BAD_PROXY_HEADER: ("a cut", "The PROXY header is not valid."),
    }
)

_OF_REFUSALS = {
    408: Termination.HEAD_TIMEOUT,
    413: Termination.BODY_TOO_LARGE,
    414: Termination.REQUEST_LINE_TOO_LONG,
    431: Termination.HEAD_TOO_LARGE,
    508: Termination.LOOP_DETECTED,
}


def of_refusal(status: int) -> str:
    """Return the word for a request that is answered with `status` and never had an endpoint."""
    return _OF_REFUSALS.get(status, Termination.BAD_REQUEST).value
