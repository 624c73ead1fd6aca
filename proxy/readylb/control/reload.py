"""Bring the store to what the files say: create what is new, change what differs, delete what is gone.

Only objects that the files named before are ever deleted: what a controller made is that
controller's. Pods cannot change in place (Kubernetes refuses it), so a changed Pod is deleted, and
made anew when the old one is gone. Labels and annotations that the files never said are kept, as
`kubectl apply` keeps them: a changed file does not undo a `rollout restart`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from readylb.control.store import ChangeType, Store
from readylb.errors import AlreadyExistsError
from readylb.model import Deployment, Object, Pod, ReplicaSet, ReplicationController, Service
from readylb.model.pod import PodTemplateSpec
from readylb.model.service import ServicePort

Name = tuple[type, str, str]
T = TypeVar("T", bound=Object)
_TEMPLATED = (Deployment, ReplicaSet, ReplicationController)


@dataclass(frozen=True, slots=True)
class Applied:
    """What one `apply` did, as `Kind/name`."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line."""
        parts = (("created", self.created), ("changed", self.changed), ("deleted", self.deleted))
        return "; ".join(f"{verb} {', '.join(names)}" for verb, names in parts if names) or "nothing changed"


class Applier:
    """Remembers what the files said last, so as to tell what is gone from them."""

    def __init__(self, store: Store) -> None:
        """Have applied nothing yet."""
        self._store = store
        self._said: dict[Name, Object] = {}
        self._awaiting: dict[Name, Pod] = {}

    def apply(self, objects: Iterable[Object]) -> Applied:
        """Apply everything that the files say, Services first: a port that is refused starts no pod.

        AlreadyExistsError, before anything is touched, when a name belongs to an object that did
        not come from the files.
        """
        wanted = {_name(item): item for item in sorted(objects, key=_rank)}
        self._refuse_foreign(wanted)
        created = [item for name, item in wanted.items() if name not in self._said]
        changed = [item for name, item in wanted.items() if self._said.get(name, item) != item]
        deleted = [item for name, item in self._said.items() if name not in wanted]
        said, self._said = self._said, wanted
        for item in created:
            self._store.create(item)
        for item in changed:
            self._change(said[_name(item)], item)
        for item in deleted:
            self._delete(item)
        return Applied(_titles(created), _titles(changed), _titles(deleted))

    async def run(self) -> None:
        """Make changed Pods anew as the old ones go."""
        with self._store.watch(Pod, since=self._store.version) as watch:
            async for change in watch:
                if change.type is not ChangeType.DELETED:
                    continue
                awaited = self._awaiting.pop(_name(change.object), None)
                if awaited is not None:
                    self._store.create(awaited)

    def _refuse_foreign(self, wanted: dict[Name, Object]) -> None:
        for name, item in wanted.items():
            kind, namespace, title = name
            if name not in self._said and self._store.find(kind, namespace, title) is not None:
                msg = f'cannot apply {item.KIND} "{title}": another {item.KIND} has that name (rename it)'
                raise AlreadyExistsError(msg)

    def _change(self, said: Object, item: Object) -> None:
        meta = item.metadata
        gone = self._store.find(type(item), meta.namespace, meta.name) is None
        if isinstance(item, Pod) and not gone:
            self._awaiting[_name(item)] = item
            self._delete(item)
        elif gone:
            self._store.create(item)
        else:
            self._store.update(type(item), meta.namespace, meta.name, lambda old: _merge(old, said, item))

    def _delete(self, item: Object) -> None:
        meta = item.metadata
        if self._store.find(type(item), meta.namespace, meta.name) is None:
            return
        if isinstance(item, Pod):
            grace = item.spec.termination_grace_period_seconds
            self._store.mark_deleted(Pod, meta.namespace, meta.name, grace)
        else:
            self._store.remove(type(item), meta.namespace, meta.name)


def _name(item: Object) -> Name:
    return type(item), item.metadata.namespace, item.metadata.name


def _rank(item: Object) -> int:
    return 0 if isinstance(item, Service) else 1


def _titles(items: Iterable[Object]) -> tuple[str, ...]:
    return tuple(f"{item.KIND}/{item.metadata.name}" for item in items)


def _merge(old: T, said: Object, new: Object) -> T:
    """Return `old` with what the files say now instead of what they `said`; the rest is kept."""
    meta = replace(
        old.metadata,
        labels=_kept(old.metadata.labels, said.metadata.labels, new.metadata.labels),
        annotations=_kept(old.metadata.annotations, said.metadata.annotations, new.metadata.annotations),
    )
    spec = cast("Any", new).spec  # the kinds that files can name all have one
    if isinstance(old, _TEMPLATED) and isinstance(said, _TEMPLATED):
        spec = replace(spec, template=_merge_template(old.spec.template, said.spec.template, spec.template))
    merged: T = replace(cast("Any", old), metadata=meta, spec=spec)
    if isinstance(old, Service) and isinstance(merged, Service):
        return cast("T", _keep_assigned(old, merged))
    return merged


def _merge_template(
    old: PodTemplateSpec | None, said: PodTemplateSpec | None, new: PodTemplateSpec | None
) -> PodTemplateSpec | None:
    """Return the new template with the annotations that others have given to the old one."""
    if old is None or said is None or new is None:
        return new
    before, first = old.metadata.annotations, said.metadata.annotations
    annotations = _kept(before, first, new.metadata.annotations)
    return replace(new, metadata=replace(new.metadata, annotations=annotations))


def _kept(old: Mapping[str, str], said: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return `new`, and of `old` what the files never said."""
    return {**{name: value for name, value in old.items() if name not in said}, **new}


def _keep_assigned(old: Service, new: Service) -> Service:
    """Keep what was assigned when the Service was made: its address and its node ports."""
    assigned = {(port.name, port.port): port.node_port for port in old.spec.ports}

    def keep(port: ServicePort) -> ServicePort:
        return replace(port, node_port=port.node_port or assigned.get((port.name, port.port), 0))

    spec = replace(
        new.spec,
        ports=tuple(keep(port) for port in new.spec.ports),
        cluster_ip=new.spec.cluster_ip or old.spec.cluster_ip,
        cluster_ips=new.spec.cluster_ips or old.spec.cluster_ips,
    )
    return replace(new, spec=spec)
