"""Endpoints that traffic saw refuse connections: told to the store, and to every worker.

The worker that saw it has excluded the endpoint already. From the store the probe controller hears of it
and asks out of turn; when it vouches for the pod, every worker takes the endpoint back. A pod without a
readiness probe is left to the workers, who try it again after a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from msgspec.structs import replace as altered

from readylb.control.store import Store
from readylb.model import Pod, Suspicion
from readylb.model.meta import ObjectMeta
from readylb.wire.messages import EndpointEntry


def suspect(store: Store, pod: Pod, suspected_at: float) -> None:
    """Note that a pod has refused a connection."""
    meta = pod.metadata
    if not is_probed(pod):
        return
    if store.find(Suspicion, meta.namespace, meta.uid) is None:
        name = ObjectMeta(name=meta.uid, namespace=meta.namespace)
        store.create(Suspicion(metadata=name, pod_name=meta.name, suspected_at=suspected_at))
        return
    store.update(
        Suspicion,
        meta.namespace,
        meta.uid,
        lambda old: replace(old, suspected_at=max(old.suspected_at, suspected_at)),
    )


def forget(store: Store, pod: Pod) -> None:
    """Drop what is held against a pod that is gone."""
    store.remove(Suspicion, pod.metadata.namespace, pod.metadata.uid)


def is_probed(pod: Pod) -> bool:
    """Say whether somebody can vouch for a pod."""
    return any(container.readiness_probe is not None for container in pod.spec.long_running)


def marked(entries: Iterable[EndpointEntry], pods: Iterable[Pod], store: Store) -> tuple[EndpointEntry, ...]:
    """Return the entries with what is held against their pods."""
    known = {pod.metadata.uid: pod for pod in pods if is_probed(pod)}

    def mark(entry: EndpointEntry) -> EndpointEntry:
        pod = known.get(entry.uid)
        if pod is None:
            return entry
        found = store.find(Suspicion, pod.metadata.namespace, entry.uid)
        if found is None:
            return altered(entry, probed=True)
        return altered(entry, probed=True, suspected_at=found.suspected_at, vouched_at=found.vouched_at)

    return tuple(mark(entry) for entry in entries)
