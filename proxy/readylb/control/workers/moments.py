"""What workers are told of time about endpoints: since when they are Ready, and when they must have ended.

Both are seconds of the machine's monotonic clock. All processes share it, and no change of the system
time moves it, so the message means the same to every worker and whenever it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace as altered

from readylb.model import Pod
from readylb.wire.messages import EndpointEntry


def dated(
    entries: Iterable[EndpointEntry], pods: Iterable[Pod], offset: float, *, slow_start: bool
) -> tuple[EndpointEntry, ...]:
    """Return the entries with their moments.

    `offset` is how far the clock of the store is before the monotonic one. Without `slow_start` nobody
    asks since when an endpoint is Ready.
    """
    by_uid = {pod.metadata.uid: pod for pod in pods}

    def date(entry: EndpointEntry) -> EndpointEntry:
        pod = by_uid.get(entry.uid)
        if pod is None:
            return entry
        deadline = pod.metadata.deletion_timestamp
        if deadline is not None:
            return altered(entry, cut_at=deadline - offset)
        ready = pod.condition("Ready") if slow_start else None
        if ready is None or ready.status != "True" or not ready.last_transition_time:
            return entry
        return altered(entry, ready_since=ready.last_transition_time - offset)

    return tuple(date(entry) for entry in entries)
