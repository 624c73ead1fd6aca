"""Keeps the EndpointSlices of every Service that has a selector (`endpointslice` controller)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from readylb.control.clock import Clock
from readylb.control.endpoints.placements import Placements
from readylb.control.store import Change, ChangeType, Key, Store
from readylb.core.endpoint_slices import MANAGED_BY, MANAGED_BY_LABEL, changes
from readylb.core.names import Rng
from readylb.model import EndpointSlice, Object, Pod, Service
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL
from readylb.model.serialization import format_time

#: When the change was seen that made this content (Kubernetes core/v1 EndpointsLastChangeTriggerTime).
TRIGGER_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointsController:
    """The reconciler of EndpointSlices, keyed by Service."""

    kinds: tuple[type[Object], ...] = (Service, Pod, EndpointSlice)

    def __init__(self, store: Store, clock: Clock, rng: Rng | None = None) -> None:
        """`rng` makes the ends of slice names; they need not be secret."""
        self._store = store
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 -- a name, not a secret
        self._placements: dict[Key, Placements] = {}

    def keys(self, change: Change) -> Iterator[Key]:
        """Return the Service, or every Service that selects the pod by its new or old labels."""
        meta = change.object.metadata
        if isinstance(change.object, Service):
            yield meta.namespace, meta.name
        elif isinstance(change.object, EndpointSlice):
            if _ours(change.object):  # somebody else may have changed or removed it
                yield meta.namespace, meta.labels[SERVICE_NAME_LABEL]
        else:
            if change.type is ChangeType.DELETED:
                for known in self._placements.values():
                    known.forget(meta.uid)
            versions = [item for item in (change.object, change.old) if item is not None]
            for service in self._store.objects(Service, meta.namespace):
                if any(_selects(service, version) for version in versions):
                    yield meta.namespace, service.metadata.name

    def reconcile(self, key: Key) -> None:
        """Bring the Service's slices in line with its pods; one that has not changed is not written."""
        service = self._store.find(Service, *key)
        existing = [
            item
            for item in self._store.objects(EndpointSlice, key[0])
            if _ours(item) and item.metadata.labels[SERVICE_NAME_LABEL] == key[1]
        ]
        if service is None or service.metadata.deletion_timestamp is not None:
            self._placements.pop(key, None)
            for item in existing:
                self._store.remove(EndpointSlice, key[0], item.metadata.name)
        elif service.spec.selector:
            self._write(service, existing)

    def _write(self, service: Service, existing: list[EndpointSlice]) -> None:
        namespace = service.metadata.namespace
        pods = [pod for pod in self._store.objects(Pod, namespace) if _selects(service, pod)]
        known = self._placements.setdefault((namespace, service.metadata.name), Placements())
        todo = changes(service, pods, existing, self._rng, known.place)
        for item in todo.create:
            self._store.create(self._stamped(item))
        for item in todo.update:
            self._store.replace_version(self._stamped(item))
        for item in todo.delete:
            self._store.remove(EndpointSlice, namespace, item.metadata.name)

    def _stamped(self, item: EndpointSlice) -> EndpointSlice:
        annotations = {**item.metadata.annotations, TRIGGER_ANNOTATION: format_time(self._clock.now())}
        return replace(item, metadata=replace(item.metadata, annotations=annotations))


def _ours(item: EndpointSlice) -> bool:
    labels = item.metadata.labels
    return labels.get(MANAGED_BY_LABEL) == MANAGED_BY and SERVICE_NAME_LABEL in labels


def _selects(service: Service, pod: Object) -> bool:
    selector = service.spec.selector
    return bool(selector) and selector.items() <= pod.metadata.labels.items()
