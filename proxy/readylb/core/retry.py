"""What happens to a request whose attempt failed: another endpoint, an answer, or a cut.

The rules, and nothing else decides:

- nothing of the request was sent: another endpoint may have it, whatever its method;
- it was sent, no response byte came, it is idempotent (RFC 9110 §9.2.2) and its body is still held:
  another endpoint may have it, within the retry budget where its connection broke, and without one
  where its endpoint stopped being ready: nobody storms, they only move;
- otherwise it may have been executed: never again. One whose endpoint stopped being ready goes on
  waiting for it;
- a client whose response head is out can only be cut.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class Failure(Enum):
    """How an attempt at one endpoint failed. The value is the Reason in counts and reports."""

    UNREACHABLE = "ConnectFailed"
    CONNECT_TIMEOUT = "ConnectTimeout"
    WITHDRAWN = "EndpointWithdrawn"
    #: No file or local port was left to connect with, which no endpoint can help.
    STARVED = "OutOfFiles"
    #: Sent and unanswered when the endpoint stopped being ready; it may still answer.
    DESERTED = "EndpointNotReady"
    RESET = "Reset"
    RESPONSE_TIMEOUT = "ResponseTimeout"
    INVALID = "InvalidResponse"
    TRUNCATED = "ResponseCut"


class Decision(Enum):
    """What to do about it. `ANSWER_*` carry the status; WAIT goes on with the same attempt."""

    RETRY = 0
    WAIT = 2
    ANSWER_502 = 502
    ANSWER_503 = 503
    ANSWER_504 = 504
    CUT = 1


_NOTHING_SENT = frozenset((Failure.UNREACHABLE, Failure.CONNECT_TIMEOUT, Failure.WITHDRAWN, Failure.STARVED))
_MAYBE_EXECUTED = frozenset((Failure.RESET, Failure.DESERTED))
_ANSWERS = {
    Failure.UNREACHABLE: Decision.ANSWER_502,
    Failure.CONNECT_TIMEOUT: Decision.ANSWER_504,
    Failure.WITHDRAWN: Decision.ANSWER_502,
    Failure.STARVED: Decision.ANSWER_503,
    Failure.DESERTED: Decision.WAIT,
    Failure.RESET: Decision.ANSWER_502,
    Failure.RESPONSE_TIMEOUT: Decision.ANSWER_504,
    Failure.INVALID: Decision.ANSWER_502,
    Failure.TRUNCATED: Decision.ANSWER_502,
}
_IDEMPOTENT: Final = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))


def is_idempotent(method: bytes) -> bool:
    """Say whether executing `method` twice is the same as once (RFC 9110 §9.2.2)."""
    return method == b"GET" or method in _IDEMPOTENT


def needs_budget(failure: Failure) -> bool:
    """Say whether a retry after `failure` makes more work than the clients have asked for."""
    return failure is Failure.RESET


def decide(
    failure: Failure, *, idempotent: bool, body_held: bool, head_out: bool, tries_left: int
) -> Decision:
    """Decide after a failed attempt.

    `body_held`: every body byte taken from the client so far can be sent again.
    `head_out`: the client has seen a byte of the final response.
    `tries_left`: attempts that may still be made, this one not counted.
    """
    if head_out:
        return Decision.WAIT if failure is Failure.DESERTED else Decision.CUT
    safe = failure in _NOTHING_SENT or (failure in _MAYBE_EXECUTED and idempotent)
    if safe and body_held and tries_left > 0:
        return Decision.RETRY
    return _ANSWERS[failure]
