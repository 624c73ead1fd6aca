"""The limits that a Service may set by annotation: `readylb.io/limit-NAME`, and what each may be.

The names are those of `wire.messages.Limits` with hyphens; the defaults, with their reasons, are there.
The bounds here only keep out what cannot work: a head of ten bytes, a timeout of zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from readylb.model.meta import ANNOTATION_PREFIX

LIMIT_PREFIX = ANNOTATION_PREFIX + "limit-"

_MIB = 1024 * 1024
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """What one limit may be; `whole` numbers are bytes or counts, the others seconds."""

    least: float
    most: float
    whole: bool

    def parse(self, text: str) -> float:
        """Return the value (an int where whole); ValueError says what is wrong with it."""
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:
            msg = f"must be {'a whole number' if self.whole else 'a number of seconds'}"
            raise ValueError(msg) from None
        if math.isnan(value) or not self.least <= value <= self.most:
            msg = f"must be between {self.least:g} and {self.most:g}"
            raise ValueError(msg)
        return value


_BYTES = Limit(256, 16 * _MIB, whole=True)
_SECONDS = Limit(0.001, 30 * _DAY, whole=False)

LIMITS: Mapping[str, Limit] = {
    "request-line-bytes": _BYTES,
    "head-bytes": _BYTES,
    "header-fields": Limit(1, 10_000, whole=True),
    "head-seconds": _SECONDS,
    "idle-seconds": _SECONDS,
    "body-stall-seconds": _SECONDS,
    "connect-seconds": _SECONDS,
    "response-head-seconds": _SECONDS,
    "response-stall-seconds": _SECONDS,
    "tunnel-idle-seconds": _SECONDS,
    "pool-idle-seconds": _SECONDS,
    "tries": Limit(1, 100, whole=True),
}


def check_limit(annotation: str, text: str) -> float:
    """Return the value of a `readylb.io/limit-NAME` annotation; ValueError says what is wrong with it."""
    name = annotation.removeprefix(LIMIT_PREFIX)
    limit = LIMITS.get(name)
    if limit is None:
        msg = f"there is no limit {name!r} (there are: {', '.join(LIMITS)})"
        raise ValueError(msg)
    return limit.parse(text)
