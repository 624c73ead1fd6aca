"""The limits that a Service may set by annotation: `readylb.io/limit-NAME`. One table, each with its reason.

The names are those of `wire.messages.Limits` with hyphens, and the defaults are the same (a test sees to
it). The bounds only keep out what cannot work: a head of ten bytes, a timeout of zero. Where 0 is allowed
it means no limit. `python -m readylb.config.reference` writes the table for people to read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from readylb.model.meta import ANNOTATION_PREFIX

LIMIT_PREFIX = ANNOTATION_PREFIX + "limit-"

_MIB = 1024 * 1024
_GIB = 1024 * _MIB
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: bytes and counts are `whole` numbers, the others seconds.

    `beyond` is what happens beyond it, `reason` why the default is what it is, with neighbours' values.
    """

    default: float
    beyond: str
    reason: str
    least: float = 0.001
    most: float = 30 * _DAY
    whole: bool = False

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


def _bytes(default: int, beyond: str, reason: str, least: int = 256, most: int = 16 * _MIB) -> Limit:
    return Limit(default, beyond, reason, least, most, whole=True)


def _count(default: int, beyond: str, reason: str, least: int = 0, most: int = 1_000_000) -> Limit:
    return Limit(default, beyond, reason, least, most, whole=True)


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "request-line-bytes": _bytes(8192, "414", "nginx 8 KiB, Apache 8190"),
        "head-bytes": _bytes(
            32768, "431", "large cookies fit; nginx 4 x 8 KiB, HAProxy 16 KiB, Envoy 60 KiB"
        ),
        "header-fields": _count(100, "431", "Apache 100, Envoy 100, HAProxy 101", 1, 10_000),
        "head-seconds": Limit(
            10.0, "408", "from the first byte to the last; HAProxy's manual 10 s, nginx 60 s"
        ),
        "idle-seconds": Limit(60.0, "closed", "between requests; nginx 75 s, HAProxy as for a request"),
        "body-bytes": _bytes(
            0,
            "413",
            "0: none, as HAProxy and Envoy; what is large only the app knows; nginx 1 MiB",
            0,
            1024 * _GIB,
        ),
        "body-stall-seconds": Limit(30.0, "408", "without a byte of the request body; nginx 60 s"),
        "chunk-line-bytes": _bytes(
            4096, "400", "a chunk's size with extensions; HAProxy its 16 KiB buffer", 32
        ),
        "trailer-bytes": _bytes(16384, "431", "as a small head; nginx 4 x 8 KiB, Envoy 60 KiB"),
        "replay-bytes": _bytes(
            65536, "not repeated", "of a body held for another try; Envoy 1 MiB, HAProxy 16 KiB", 0
        ),
        "tries": _count(3, "502, 504", "at different endpoints, in all; HAProxy 1 + 3", 1, 100),
        "retry-percent": Limit(
            20.0, "not repeated", "of all requests, of those an endpoint broke off; Linkerd 20 %", 0, 100
        ),
        "retries-per-second": Limit(
            10.0, "not repeated", "beside the percentage, for small loads; Linkerd 10", 0, 1_000_000
        ),
        "eject-failures": _count(
            5, "left out", "timeouts or broken connections in a row; 0: never; Envoy 5 gateway errors"
        ),
        "eject-5xx": _count(0, "left out", "in a row; 0: never, most are the app's own; Envoy 5"),
        "eject-seconds": Limit(30.0, "back in", "times how often in a row; Envoy 30 s"),
        "eject-most-seconds": Limit(300.0, "back in", "however often; Envoy 300 s"),
        "eject-percent": Limit(
            50.0, "stays in", "of the endpoints, left out at a time; Envoy 10 % of larger clusters", 0, 100
        ),
        "connect-seconds": Limit(
            1.0, "another try, then 504", "per try; a local network answers at once; HAProxy 5 s"
        ),
        "response-head-seconds": Limit(60.0, "504", "from the end of the request; nginx 60 s, Envoy 15 s"),
        "response-head-bytes": _bytes(
            65536, "502", "answers carry cookies too; Envoy 60 KiB, HAProxy 16 KiB"
        ),
        "interim-responses": _count(
            100, "502", "1xx before an answer; Go's client allows 5, HAProxy any", 1, 10_000
        ),
        "response-stall-seconds": Limit(
            300.0, "a cut", "event streams are quiet for long; Envoy 5 min, nginx 60 s"
        ),
        "tunnel-idle-seconds": Limit(3600.0, "a cut", "HAProxy's manual 1 h, Envoy 5 min"),
        "pool-idle-seconds": Limit(
            4.0, "closed", "below the 5 s after which Node and uvicorn close; nginx 60 s"
        ),
        "endpoint-connections": _count(
            0,
            "another endpoint, then 503",
            "0: none, as HAProxy and nginx; running requests to each endpoint, of all workers together",
        ),
        "connections": _count(
            0,
            "waits to be accepted",
            "0: as many as there are files for; clients of all workers together; nginx 512, HAProxy by files",
        ),
    }
)


def check_limit(annotation: str, text: str) -> float:
    """Return the value of a `readylb.io/limit-NAME` annotation; ValueError says what is wrong with it."""
    name = annotation.removeprefix(LIMIT_PREFIX)
    limit = LIMITS.get(name)
    if limit is None:
        msg = f"there is no limit {name!r} (there are: {', '.join(LIMITS)})"
        raise ValueError(msg)
    return limit.parse(text)
