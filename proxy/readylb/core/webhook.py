"""What a restart webhook says, how it is signed, and whether and when it is said again."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: Seconds before the second try; each later pause is twice as long, and half of it is left to chance.
FIRST_PAUSE_SECONDS = 1.0

#: Who receives the body may check with the secret that it comes from us, unchanged. The form is that of
#: GitHub's X-Hub-Signature-256, which most receivers of webhooks can check without code of their own.
SIGNATURE = "X-Readylb-Signature-256"

_OK, _REDIRECT, _SERVER_ERROR = 200, 300, 500
#: Request Timeout, Too Early, Too Many Requests: the answer may be another one later.
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try has brought: `status` is None without a response; `retry_after` in seconds, 0 unsaid."""

    status: int | None
    retry_after: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken it: any 2xx."""
        return self.status is not None and _OK <= self.status < _REDIRECT


def document(variables: Mapping[str, str], message: str, delivery: str, time: str) -> bytes:
    """Return the body: the facts that commands get as variables. `delivery` is the same for every try."""
    index = variables["INDEX"]
    facts: dict[str, Any] = {
        "apiVersion": "readylb.io/v1",
        "kind": "RestartRequest",
        "id": delivery,
        "time": time,
        "podName": variables["POD_NAME"],
        "podNamespace": variables["POD_NAMESPACE"],
        "container": variables["CONTAINER"],
        "endpoint": variables["ENDPOINT"],
        "index": int(index) if index else None,
        "reason": variables["REASON"],
        "message": message,
        "restartCount": int(variables["RESTART_COUNT"]),
    }
    return json.dumps(facts, ensure_ascii=False).encode()


def signature(secret: bytes, body: bytes) -> str:
    """Return the value of the header SIGNATURE: `sha256=` and the HMAC (RFC 2104) in hexadecimal."""
    return f"sha256={hmac.digest(secret, body, 'sha256').hex()}"


def pause_before_retry(answer: Answer, tried: int, rng: Callable[[], float]) -> float | None:
    """Return the seconds to wait after `tried` tries that were not accepted; None: it is no use.

    No response, 5xx, 408, 425 and 429 may pass; another 4xx and a redirect are the receiver's last word.
    `rng` returns a number from 0 to below 1.
    """
    status = answer.status
    if status is not None and status < _SERVER_ERROR and status not in _PASSING:
        return None
    pause: float = FIRST_PAUSE_SECONDS * 2 ** (tried - 1)
    return max(pause * (0.5 + rng() / 2), answer.retry_after)


def retry_after(text: str) -> float:
    """Return the seconds that a Retry-After asks for (RFC 9110, 10.2.3); 0 for a date or nonsense."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < len("1000000") else 0.0
