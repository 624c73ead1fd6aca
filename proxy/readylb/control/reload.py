"""Bring the store to what the files say: create what is missing, change what differs, delete what is gone.

The files own what they name, from then on until they name it no more: that alone is deleted, and only if
it is still the very object (what somebody has deleted and made anew through the API is theirs). An object
of which the files say what they said before is left as it is, whatever others have made of it meanwhile.
Otherwise it is applied, as `kubectl apply` does it (`core.last_applied`): what the file names wins, what
it no longer names goes, what others have set stays.

Pods cannot change in place (Kubernetes refuses it), so a changed Pod is deleted, and made anew when the
old one is gone.

There may be thousands of pods, so this is done in turns: first everything is planned, then, in one step
with the last look at the plan, all but the pods is written, and then pod after pod.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeVar, cast

from readylb.config.documents import read_document
from readylb.config.update_rules import frozen, moved_selector, settled, updated
from readylb.control.store import ChangeType, Store
from readylb.control.turns import Turns
from readylb.core.last_applied import applied, authored
from readylb.errors import AlreadyExistsError, InvalidError
from readylb.model import Object, Pod, Service

Name = tuple[type, str, str]
T = TypeVar("T", bound=Object)

#: So many objects are decided on again in one go, at last.
_FEW = 4


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


Verb = Literal["create", "change", "remake", "keep"]


@dataclass(frozen=True, slots=True)
class _Decision:
    """What becomes of one object of the files, as long as the store has `live` of that name."""

    said: Object
    live: Object | None
    verb: Verb
    #: What `live` changes to.
    new: Object | None = None


@dataclass(slots=True)
class _Plan:
    """What is to be done, once it is known that all of it can be."""

    decided: dict[Name, _Decision]
    delete: list[Object] = field(default_factory=list)
    leave: list[Object] = field(default_factory=list)

    def those(self, *verbs: Verb) -> list[_Decision]:
        return [item for verb in verbs for item in self.decided.values() if item.verb == verb]


class Applier:
    """Remembers what the files said last, so as to tell what is gone from them."""

    def __init__(self, store: Store) -> None:
        """Have applied nothing yet."""
        self._store = store
        self._said: dict[Name, Object] = {}
        self._uids: dict[Name, str] = {}
        self._awaiting: dict[Name, Pod] = {}
        self._one_at_a_time = asyncio.Lock()

    async def apply(self, objects: Iterable[Object]) -> Applied:
        """Apply everything that the files say, Services first: a port that is refused starts no pod.

        Before anything is touched: AlreadyExistsError when a name belongs to an object that a controller
        made, InvalidError when an object cannot become what its file says.
        """
        wanted = {_name(item): item for item in sorted(objects, key=_rank)}
        async with self._one_at_a_time:
            turns = Turns(self._store.clock)
            plan = _Plan(await self._decide(wanted, turns))
            self._find_gone(plan)
            self._remember(wanted, plan)
            for act in sorted(self._acts(plan), key=lambda act: isinstance(act.args[0], Pod)):
                if isinstance(act.args[0], Pod):
                    await turns.pause()
                act()
        return Applied(
            _titles(item.said for item in plan.those("create")),
            _titles(item.said for item in plan.those("change", "remake")),
            _titles(plan.delete),
            _titles(plan.leave),
        )

    async def run(self) -> None:
        """Make changed Pods anew as the old ones go."""
        turns = Turns(self._store.clock)
        with self._store.watch(Pod, since=self._store.version) as watch:
            async for change in watch:
                if change.type is not ChangeType.DELETED:
                    continue
                name = _name(change.object)
                awaited = self._awaiting.pop(name, None)
                if awaited is not None and self._find(name) is None:
                    self._create(awaited)
                    await turns.pause()

    async def _decide(self, wanted: Mapping[Name, Object], turns: Turns) -> dict[Name, _Decision]:
        """Decide on every object, and again on those that others have changed meanwhile."""
        decided: dict[Name, _Decision] = {}
        stale, before = list(wanted), math.inf
        while _FEW < len(stale) < before:
            before = len(stale)
            for name in stale:
                decided[name] = self._decide_one(wanted[name])
                await turns.pause()
            stale = [name for name, found in decided.items() if self._find(name) is not found.live]
        return decided | {name: self._decide_one(wanted[name]) for name in stale}

    def _decide_one(self, item: Object) -> _Decision:
        name = _name(item)
        live, said = self._find(name), self._said.get(name)
        if live is None:
            return _Decision(item, live, "create")
        if said is None and live.metadata.controller is not None:
            owner = live.metadata.controller
            msg = (
                f'cannot apply {item.KIND} "{item.metadata.name}": {owner.kind}/{owner.name} has made '
                f"a {item.KIND} of that name (rename yours)"
            )
            raise AlreadyExistsError(msg)
        if said == item:
            return _Decision(item, live, "keep")
        return _changed(item, live)

    def _find_gone(self, plan: _Plan) -> None:
        """Plan for what the files said and say no more."""
        for name, item in self._said.items():
            if name not in plan.decided:
                live = self._find(name)
                ours = live is None or live.metadata.uid == self._uids.get(name, "")
                (plan.delete if ours else plan.leave).append(item)

    def _remember(self, wanted: dict[Name, Object], plan: _Plan) -> None:
        """Take the files for the owners of what they name, and of that alone."""
        for name, item in plan.decided.items():
            if item.live is not None and self._said.get(name) != item.said:
                self._uids[name] = item.live.metadata.uid
            if item.verb == "create":
                self._awaiting.pop(name, None)
        for gone in plan.leave:
            self._uids.pop(_name(gone), None)
        for gone in (*plan.delete, *plan.leave):
            self._awaiting.pop(_name(gone), None)
        self._said = wanted

    def _acts(self, plan: _Plan) -> Iterator[partial[None]]:
        """Yield what is to be done, in this order; each says of what object it is."""
        for item in plan.those("create", "change", "remake"):
            yield partial(self._act, item.said, item)
        for gone in plan.delete:
            yield partial(self._let_go, gone)

    def _act(self, said: Object, decision: _Decision) -> None:
        """Do what was decided. Since then others may have changed a pod: what they did is kept."""
        live = self._find(_name(said))
        if live is None and decision.verb in {"create", "remake"}:
            self._create(said)
        elif live is None or decision.live is None or live.metadata.uid != decision.live.metadata.uid:
            return
        elif decision.verb == "change" and live is not decision.live:
            self._act(said, _changed(said, live))
        elif decision.verb == "change" and decision.new is not None:
            self._write(decision.new)
        elif decision.verb == "remake" and isinstance(said, Pod):
            self._awaiting[_name(said)] = said
            self._delete(said)

    def _let_go(self, gone: Object) -> None:
        uid = self._uids.pop(_name(gone), "")
        live = self._find(_name(gone))
        if live is not None and live.metadata.uid == uid:
            self._delete(gone)

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


def _changed(item: Object, live: Object) -> _Decision:
    """Decide what becomes of `live`, of which the files say something else than they did."""
    if not isinstance(live, Pod):
        new = _applied(item, live)
        return _Decision(item, live, "keep" if new == live else "change", new)
    # What of a pod can be changed is changed; whatever else differs makes another pod.
    document = read_document(settled({}, applied(item, authored(live)))).item
    pod = updated(live, document) if document is not None else None
    if pod is None or live.terminating or any(frozen(live, pod)):
        return _Decision(item, live, "remake")
    return _Decision(item, live, "keep" if pod == live else "change", pod)


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
