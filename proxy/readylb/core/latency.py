"""The buckets in which response times are counted, everywhere: workers count, metrics expose.

A histogram is one count per bound and a last one for what lies above every bound; messages and
metrics carry running sums of these, so their last number is the total.
"""

from __future__ import annotations

from typing import Final

#: Upper bounds in seconds, inclusive. They start at half a millisecond because a proxied loopback
#: answer takes about that long; the rest follows Prometheus' client default, up to the
#: response-head timeout.
LATENCY_BUCKETS_SECONDS: Final[tuple[float, ...]] = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
)
_BOUNDS: Final = len(LATENCY_BUCKETS_SECONDS)


def bucket_of(seconds: float) -> int:
    """Return the number of the bucket that counts `seconds`.

    From below, as nearly all are found within a few steps: compiled, that is quicker than a bisection.
    """
    number = 0
    while number < _BOUNDS and seconds > LATENCY_BUCKETS_SECONDS[number]:
        number += 1
    return number
