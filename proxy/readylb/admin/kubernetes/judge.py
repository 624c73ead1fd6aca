"""What the server says of an object that somebody wants to write: what a file would be told, and more.

More, because it knows which images have a local command, what else there is, and what the object was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from readylb.admin.deps import AdminDeps
from readylb.config.documents import read_document
from readylb.config.lint.report import lint_object
from readylb.config.manifests import missing_commands
from readylb.config.pod_specs import pod_spec
from readylb.config.update_rules import frozen, moved_selector, updated
from readylb.control.store import Store
from readylb.core.capacity import places, too_many
from readylb.model import Deployment, Object, Pod, ReplicaSet, ReplicationController, Service

_TAKING_ROOM: tuple[type[Object], ...] = (Deployment, ReplicaSet, ReplicationController, Pod)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The object that would be written, or (path, message) of all that is wrong; and what is odd."""

    item: Object | None
    problems: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def judge(
    document: Mapping[str, Any], deps: AdminDeps, *, old: Object | None = None, strict: bool = True
) -> Judgement:
    """Judge what is to be made, or what is to become of `old`: then only what is newly wrong is refused."""
    item, found, odd = read_document(document, strict=strict)
    problems = [(problem.path, problem.message) for problem in found]
    warnings = tuple(problem.text for problem in odd)
    if item is None:
        problems += moved_selector(old, document)
        return Judgement(None, tuple(problems), warnings)
    if old is not None:
        item = updated(old, item)
        problems += frozen(old, item)
    images = deps.images()
    known = set(missing_commands(old, images)) if old is not None else set()
    problems += [problem for problem in missing_commands(item, images) if problem not in known]
    problems += lack_of_room(deps.store, item, old)
    if not problems:
        warnings += tuple(_odd(deps.store, item, old))
    return Judgement(None if problems else item, tuple(problems), warnings)


def _odd(store: Store, item: Object, old: Object | None) -> Iterator[str]:
    """Yield what its pods probably do not mean, if it is new or they are (as WarningsOnUpdate does)."""
    was, is_now = (None if one is None else pod_spec(one) for one in (old, item))
    if was is None or is_now is None or was.spec != is_now.spec:
        for finding in lint_object(item, store.objects(Service, item.metadata.namespace)):
            yield f"{finding.path}: {finding.message}"


def lack_of_room(store: Store, item: Object, old: Object | None = None) -> Iterator[tuple[str, str]]:
    """Yield what is wrong when the pods of `item` find no room beside those of all others."""
    if places(item) <= (places(old) if old is not None else 0):
        return
    key = _key(item)
    others = (
        places(other)
        for kind in _TAKING_ROOM
        for other in store.objects(kind)
        if other.metadata.controller is None and _key(other) != key
    )
    if reason := too_many(places(item) + sum(others)):
        yield "spec" if isinstance(item, Pod) else "spec.replicas", reason


def _key(item: Object) -> tuple[str, str, str]:
    return item.KIND, item.metadata.namespace, item.metadata.name
