"""Slow start as a worker does it: the weights that policies see, moved up as endpoints grow older."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from readylb.core.slow_start import share

if TYPE_CHECKING:
    from readylb.data.pool import EndpointState


def warm(endpoints: Iterable[EndpointState], window_seconds: float, now: float) -> bool:
    """Give each endpoint the weight that it has `now`; True: one of them has not all of its own yet."""
    growing = False
    for endpoint in endpoints:
        part = share(now - endpoint.ready_since, window_seconds) if endpoint.ready_since else 1.0
        endpoint.weight = endpoint.full_weight * part
        growing = growing or part < 1
    return growing
