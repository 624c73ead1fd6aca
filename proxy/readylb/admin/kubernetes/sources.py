"""Where the objects of a resource come from: the store itself, or a computation over it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from readylb.admin.kubernetes.objects import ApiObject, Namespace
from readylb.control.store import Change, ChangeType, Store
from readylb.model import (
    Deployment,
    EndpointSlice,
    Event,
    Object,
    Pod,
    ReplicaSet,
    ReplicationController,
    Service,
)
from readylb.model.meta import ObjectMeta

#: What a change did to an object of the resource: (before, after); None where there is none.
Step = tuple[ApiObject | None, ApiObject | None]


class Source(Protocol):
    """Lists the objects of one resource and follows their changes."""

    kinds: tuple[type[Object], ...]

    def objects(self, store: Store, namespace: str | None) -> list[ApiObject]:
        """Return all objects, of one namespace or of all."""

    def find(self, store: Store, namespace: str, name: str) -> ApiObject | None:
        """Return one object, or None."""

    def steps(self, store: Store, change: Change) -> Iterable[Step]:
        """Return what a change of one of `kinds` did to objects of this resource."""


class Stored:
    """Objects of one kind, as the store keeps them."""

    def __init__(self, kind: type[Object]) -> None:
        """Show `kind`."""
        self.kind = kind
        self.kinds: tuple[type[Object], ...] = (kind,)

    def objects(self, store: Store, namespace: str | None) -> list[ApiObject]:
        """Return the stored objects, sorted by namespace and name as the API server does."""
        found: list[ApiObject] = list(store.objects(self.kind, namespace))
        return sorted(found, key=lambda item: (item.metadata.namespace, item.metadata.name))

    def find(self, store: Store, namespace: str, name: str) -> ApiObject | None:
        """Return the stored object."""
        found: ApiObject | None = store.find(self.kind, namespace, name)
        return found

    def steps(self, _store: Store, change: Change) -> Iterable[Step]:
        """Return the change itself; the object of a deletion is its last version."""
        if change.type is ChangeType.DELETED:
            return [(change.object, None)]
        return [(change.old, change.object)]


class Namespaces:
    """The namespaces that are in use, and `default`."""

    kinds: tuple[type[Object], ...] = (
        Deployment,
        EndpointSlice,
        Event,
        Pod,
        ReplicaSet,
        ReplicationController,
        Service,
    )

    def objects(self, store: Store, _namespace: str | None) -> list[ApiObject]:
        """Return one Namespace per name seen."""
        names = {item.metadata.namespace for kind in self.kinds for item in store.objects(kind)}
        return [_namespace_called(name) for name in sorted(names | {"default"})]

    def find(self, store: Store, _namespace: str, name: str) -> ApiObject | None:
        """Return the Namespace if it is in use."""
        return next((item for item in self.objects(store, None) if item.metadata.name == name), None)

    def steps(self, _store: Store, change: Change) -> Iterable[Step]:
        """Show the namespace of every new object; a watch leaves out what it has shown already."""
        if change.type is not ChangeType.ADDED:
            return []
        return [(None, _namespace_called(change.object.metadata.namespace))]


def _namespace_called(name: str) -> Namespace:
    """Return a namespace. Nobody creates one here, so it has no age."""
    labels = {"kubernetes.io/metadata.name": name}
    meta = ObjectMeta(name=name, namespace="", uid=f"namespace-{name}", resource_version="1", labels=labels)
    return Namespace(metadata=meta)
