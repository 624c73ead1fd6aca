"""Bring the store to what the files say: create what is missing, change what differs, delete what is gone.

The files own what they name, from then on until they name it no more: that alone is deleted, and only if
it is still the very object (what somebody has deleted and made anew through the API is theirs). An object
of which the files say what they said before is left as it is, whatever others have made of it meanwhile.
Otherwise it is applied, as `kubectl apply` does it (`core.last_applied`): what the file names wins, what
it no longer names goes, what others have set stays.

Pods cannot change in place (Kubernetes refuses it), so a changed Pod is deleted, and made anew when the
old one is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from readylb.config.documents import read_document
from readylb.config.update_rules import frozen, moved_selector, settled, updated
from readylb.control.store import ChangeType, Store
from readylb.core.last_applied import applied, authored
from readylb.errors import AlreadyExistsError, InvalidError
from readylb.model import Object, Pod, Service

Name = tuple[type, str, str]
T = TypeVar("T", bound=Object)


@dataclass(frozen=True, slots=True)
class Applied:
    """What one `apply` did, as `Kind/name`. `left` is no longer named, and not ours to delete."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line."""
        parts = (
            ("created", self.created),
            ("changed", self.changed),
            ("deleted", self.deleted),
            ("left what others made anew:", self.left),
        )
        return "; ".join(f"{verb} {', '.join(names)}" for verb, names in parts if names) or "nothing changed"


@dataclass(slots=True)
class _Plan:
    """What is to be done, once it is known that all of it can be."""

    create: list[Object] = field(default_factory=list)
    change: list[Object] = field(default_factory=list)
    remake: list[Pod] = field(default_factory=list)
    delete: list[Object] = field(default_factory=list)
    leave: list[Object] = field(default_factory=list)
    #: Which very objects the files own from now on.
    uids: dict[Name, str] = field(default_factory=dict)


class Applier:
    """Remembers what the files said last, so as to tell what is gone from them."""

    def __init__(self, store: Store) -> None:
        """Have applied nothing yet."""
        self._store = store
        self._said: dict[Name, Object] = {}
        self._uids: dict[Name, str] = {}
        self._awaiting: dict[Name, Pod] = {}

    def apply(self, objects: Iterable[Object]) -> Applied:
        """Apply everything that the files say, Services first: a port that is refused starts no pod.

        Before anything is touched: AlreadyExistsError when a name belongs to an object that a controller
        made, InvalidError when an object cannot become what its file says.
        """
        wanted = {_name(item): item for item in sorted(objects, key=_rank)}
        plan = self._plan(wanted)
        self._said = wanted
        self._uids |= plan.uids
        for item in plan.create:
            self._awaiting.pop(_name(item), None)
            self._create(item)
        for item in plan.change:
            self._write(item)
        for pod in plan.remake:
            self._awaiting[_name(pod)] = pod
            self._delete(pod)
        for item in plan.delete:
            self._delete(item)
        for item in (*plan.delete, *plan.leave):
            self._uids.pop(_name(item), None)
            self._awaiting.pop(_name(item), None)
        return Applied(
            _titles(plan.create),
            _titles((*plan.change, *plan.remake)),
            _titles(plan.delete),
            _titles(plan.leave),
        )

    async def run(self) -> None:
        """Make changed Pods anew as the old ones go."""
        with self._store.watch(Pod, since=self._store.version) as watch:
            async for change in watch:
                if change.type is not ChangeType.DELETED:
                    continue
                name = _name(change.object)
                awaited = self._awaiting.pop(name, None)
                if awaited is not None and self._find(name) is None:
                    self._create(awaited)

    def _plan(self, wanted: Mapping[Name, Object]) -> _Plan:
        plan = _Plan()
        for name, item in wanted.items():
            self._plan_one(plan, name, item)
        for name, item in self._said.items():
            if name in wanted:
                continue
            live = self._find(name)
            ours = live is None or live.metadata.uid == self._uids.get(name, "")
            (plan.delete if ours else plan.leave).append(item)
        return plan

    def _plan_one(self, plan: _Plan, name: Name, item: Object) -> None:
        live = self._find(name)
        if live is None:
            plan.create.append(item)
        elif name not in self._said and live.metadata.controller is not None:
            owner = live.metadata.controller
            msg = (
                f'cannot apply {item.KIND} "{item.metadata.name}": {owner.kind}/{owner.name} has made '
                f"a {item.KIND} of that name (rename yours)"
            )
            raise AlreadyExistsError(msg)
        elif self._said.get(name) == item:
            return
        elif isinstance(item, Pod) and isinstance(live, Pod):
            self._plan_pod(plan, item, live)
        else:
            new = _applied(item, live)
            if new != live:
                plan.change.append(new)
            plan.uids[name] = live.metadata.uid

    def _plan_pod(self, plan: _Plan, item: Pod, live: Pod) -> None:
        """Change what of a pod can be changed; whatever else differs makes another pod."""
        document = read_document(settled({}, applied(item, authored(live)))).item
        new = updated(live, document) if document is not None else None
        if new is None or live.terminating or any(frozen(live, new)):
            plan.remake.append(item)
        elif new != live:
            plan.change.append(new)
        plan.uids[_name(item)] = live.metadata.uid

    def _find(self, name: Name) -> Object | None:
        return cast("Object | None", self._store.find(*name))

    def _create(self, item: Object) -> None:
        self._uids[_name(item)] = self._store.create(item).metadata.uid

    def _write(self, item: Object) -> None:
        meta = item.metadata
        self._store.update(type(item), meta.namespace, meta.name, lambda _: item)

    def _delete(self, item: Object) -> None:
        meta = item.metadata
        if self._store.find(type(item), meta.namespace, meta.name) is None:
            return
        if isinstance(item, Pod):
            grace = item.spec.termination_grace_period_seconds
            self._store.mark_deleted(Pod, meta.namespace, meta.name, grace)
        else:
            self._store.remove(type(item), meta.namespace, meta.name)


def _applied(item: Object, live: T) -> T:
    """Return what `live` becomes when what `item` says is applied. InvalidError when it cannot."""
    before = authored(live)
    document = settled(before, applied(item, before))
    read, found, _ = read_document(document)
    problems = [problem.text for problem in found]
    new = live
    if read is None:
        problems += [f"{path}: {message}" for path, message in moved_selector(live, document)]
    else:
        new = updated(live, read)
        problems += [f"{path}: {message}" for path, message in frozen(live, new)]
    if problems:
        title = f"{item.KIND.lower()} {item.metadata.name}"
        msg = (
            f'cannot change {item.KIND} "{item.metadata.name}": {"; ".join(problems)} '
            f"(what cannot change is made anew: readylb delete {title}, then reload)"
        )
        raise InvalidError(msg)
    return new


def _name(item: Object) -> Name:
    return type(item), item.metadata.namespace, item.metadata.name


def _rank(item: Object) -> int:
    return 0 if isinstance(item, Service) else 1


def _titles(items: Iterable[Object]) -> tuple[str, ...]:
    return tuple(f"{item.KIND}/{item.metadata.name}" for item in items)
