"""What happens to a request whose attempt failed: another endpoint, an answer, or a cut.

The rules, and nothing else decides:

- nothing of the request was sent: another endpoint may have it, whatever its method;
- it was sent, no response byte came, it is idempotent (RFC 9110 §9.2.2) and its body is still held:
  another endpoint may have it;
- otherwise it may have been executed: never again;
- a client whose response head is out can only be cut.
"""

from __future__ import annotations

from enum import Enum


class Failure(Enum):
    """How an attempt at one endpoint failed. The value is the Reason in counts and reports."""

    UNREACHABLE = "ConnectFailed"
    CONNECT_TIMEOUT = "ConnectTimeout"
    WITHDRAWN = "EndpointWithdrawn"
    RESET = "Reset"
    RESPONSE_TIMEOUT = "ResponseTimeout"
    INVALID = "InvalidResponse"
    TRUNCATED = "ResponseCut"


class Decision(Enum):
    """What to do about it. `ANSWER_*` carry the status."""

    RETRY = 0
    ANSWER_502 = 502
    ANSWER_504 = 504
    CUT = 1


_NOTHING_SENT = frozenset((Failure.UNREACHABLE, Failure.CONNECT_TIMEOUT, Failure.WITHDRAWN))
_ANSWERS = {
    Failure.UNREACHABLE: Decision.ANSWER_502,
    Failure.CONNECT_TIMEOUT: Decision.ANSWER_502,
    Failure.WITHDRAWN: Decision.ANSWER_502,
    Failure.RESET: Decision.ANSWER_502,
    Failure.RESPONSE_TIMEOUT: Decision.ANSWER_504,
    Failure.INVALID: Decision.ANSWER_502,
    Failure.TRUNCATED: Decision.ANSWER_502,
}
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))


def is_idempotent(method: bytes) -> bool:
    """Say whether executing `method` twice is the same as once (RFC 9110 §9.2.2)."""
    return method in _IDEMPOTENT


def decide(
    failure: Failure, *, idempotent: bool, body_held: bool, head_out: bool, tries_left: int
) -> Decision:
    """Decide after a failed attempt.

    `body_held`: every body byte taken from the client so far can be sent again.
    `head_out`: the client has seen a byte of the final response.
    `tries_left`: attempts that may still be made, this one not counted.
    """
    if head_out:
        return Decision.CUT
    safe = failure in _NOTHING_SENT or (failure is Failure.RESET and idempotent)
    if safe and body_held and tries_left > 0:
        return Decision.RETRY
    return _ANSWERS[failure]
