"""What endpoints' pods say at this moment, where their slices have not been written anew yet.

A slice follows its pods a step behind. Whoever stops a container first takes the pod out of the
rotation; from then on no message may name it as one for traffic, or the stop would have to wait for
messages that are still to be made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from msgspec.structs import replace as altered

from readylb.control.store import Store
from readylb.core.drain import is_last_resort, may_take_over
from readylb.core.drained import is_drained
from readylb.model import Pod, ReplicaSet, ReplicationController, Service
from readylb.wire.messages import EndpointEntry

_OWNERS: dict[str, type[ReplicaSet | ReplicationController]] = {
    ReplicaSet.KIND: ReplicaSet,
    ReplicationController.KIND: ReplicationController,
}


def current(
    found: Sequence[EndpointEntry],
    service: Service,
    pods: Sequence[Pod],
    store: Store,
    survived: Callable[[str], bool],
) -> tuple[EndpointEntry, ...]:
    """Return the entries with less traffic, never with more, where pods know better than slices.

    `survived` says of a terminating pod's uid that it has had its stop signal and serves on.
    """
    by_uid = {pod.metadata.uid: pod for pod in pods}
    # Two are as good as all: whoever is asked about is at most one of them.
    heirs = [*islice((pod for pod in pods if may_take_over(pod)), 2)]

    def corrected(entry: EndpointEntry) -> EndpointEntry:
        pod = by_uid.get(entry.uid)
        if pod is None:
            return entry
        if is_drained(pod):
            serving = entry.serving and pod.ready and not pod.terminating
            return altered(entry, ready=False, serving=serving, terminating=pod.terminating)
        if pod.terminating:
            wanted = _wanted_replicas(pod, store)
            spared = pod.ready and (survived(entry.uid) or is_last_resort(pod, heirs, wanted))
            return altered(entry, ready=False, serving=entry.serving and spared, terminating=True)
        if not pod.ready and not service.spec.publish_not_ready_addresses:
            return altered(entry, ready=False, serving=False)
        return entry

    return tuple(corrected(entry) for entry in found)


def _wanted_replicas(pod: Pod, store: Store) -> int:
    """Return how many replicas the pod's workload keeps; 0 for a pod without one, or one that goes."""
    owner = pod.metadata.controller
    kind = _OWNERS.get(owner.kind) if owner is not None else None
    found = store.find(kind, pod.metadata.namespace, owner.name) if kind and owner else None
    if found is None or found.metadata.deletion_timestamp is not None:
        return 0
    return found.spec.replicas
