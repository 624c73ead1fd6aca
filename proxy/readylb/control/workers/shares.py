"""What several workers may have together, shared out among them.

Workers do not ask each other before they accept or send, so a limit that holds for all of them is kept by
each keeping its part. Nobody's part is less than one: a worker that may have nothing would leave those
waiting whom the kernel has given to it.
"""

from __future__ import annotations

from msgspec.structs import replace as altered

from readylb.wire.messages import SetService


def share(message: SetService, worker: int, workers: int) -> SetService:
    """Return the settings of a Service port for one of `workers`, numbered from 0."""
    limits = message.limits
    parted = altered(
        limits,
        connections=_part(limits.connections, worker, workers),
        endpoint_connections=_part(limits.endpoint_connections, worker, workers),
        retries_per_second=limits.retries_per_second / workers,
    )
    return altered(message, limits=parted)


def _part(total: int, worker: int, workers: int) -> int:
    """Return a worker's part of `total`, of which 0 is no limit; the first ones have what remains."""
    return max(1, total // workers + (worker < total % workers)) if total else 0
