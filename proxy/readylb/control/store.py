"""The store: every object, its resourceVersion, and watches. One loop, synchronous, in memory.

All writes are synchronous, so `update` with a function is a transaction. A write that changes
nothing makes no new version and wakes nobody. Deletion follows Kubernetes: `mark_deleted` sets
`deletionTimestamp`; the controller that finishes the work calls `remove`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar, cast

from readylb.control.clock import Clock
from readylb.errors import AlreadyExistsError, ConflictError, GoneError, NotFoundError
from readylb.model import Object

#: Changes remembered for watches that resume; older ones answer 410, as the API server does.
HISTORY = 4096

Key = tuple[str, str]
T = TypeVar("T", bound=Object)


class ChangeType(StrEnum):
    """What happened to an object, in the words of a Kubernetes watch."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `object` is the new version (the last one, for DELETED), `old` the one before."""

    type: ChangeType
    object: Object
    old: Object | None
    version: int


class Watch:
    """A queue of changes for one reader. Iterate it; it ends when closed."""

    def __init__(self, kinds: frozenset[type]) -> None:
        """Collect changes of `kinds`."""
        self._kinds = kinds
        self._closed = False
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue()

    def offer(self, change: Change) -> None:
        """Take a change if it is of a kind that is watched."""
        if type(change.object) in self._kinds:
            self._queue.put_nowait(change)

    @property
    def behind(self) -> int:
        """How many changes are queued."""
        return self._queue.qsize()

    def close(self) -> None:
        """End the iteration after the changes that are already queued."""
        self._closed = True
        self._queue.put_nowait(None)

    def drain(self) -> list[Change]:
        """Return what is queued now, without waiting."""
        found: list[Change] = []
        while not self._queue.empty():
            change = self._queue.get_nowait()
            if change is not None:
                found.append(change)
        if self._closed:
            self._queue.put_nowait(None)
        return found

    async def batch(self, timeout: float | None = None) -> list[Change] | None:  # noqa: ASYNC109 -- running out of time is an answer here, not a failure
        """Wait for changes and return all that are queued; [] after `timeout` seconds, None at the end."""
        try:
            async with asyncio.timeout(timeout):
                first = await self._next()
        except TimeoutError:
            return []
        return None if first is None else [first, *self.drain()]

    def __aiter__(self) -> AsyncIterator[Change]:
        """Return itself."""
        return self

    async def __anext__(self) -> Change:
        """Wait for the next change."""
        change = await self._next()
        if change is None:
            raise StopAsyncIteration
        return change

    async def _next(self) -> Change | None:
        change = await self._queue.get()
        if change is None:
            self._queue.put_nowait(None)  # the end stays the end, however often it is asked for
        return change


class Store:
    """All objects, by kind and (namespace, name)."""

    def __init__(self, clock: Clock) -> None:
        """Begin empty, at resourceVersion 0."""
        self._clock = clock
        self._objects: dict[type, dict[Key, Object]] = {}
        self._version = 0
        self._history: deque[Change] = deque(maxlen=HISTORY)
        # In the order of their coming: whoever is woken first is no accident, and a run can be repeated.
        self._watches: dict[Watch, None] = {}
        self._closed = False

    @property
    def clock(self) -> Clock:
        """The clock of everything that is stored."""
        return self._clock

    @property
    def version(self) -> int:
        """The resourceVersion of the newest change."""
        return self._version

    def find(self, kind: type[T], namespace: str, name: str) -> T | None:
        """Return the object, or None."""
        return cast("T | None", self._objects.get(kind, {}).get((namespace, name)))

    def get(self, kind: type[T], namespace: str, name: str) -> T:
        """Return the object; NotFoundError when there is none."""
        found = self.find(kind, namespace, name)
        if found is None:
            msg = f'{kind.KIND} "{name}" not found'
            raise NotFoundError(msg)
        return found

    def objects(self, kind: type[T], namespace: str | None = None) -> list[T]:
        """Return all objects of a kind, in one namespace or in all, in order of creation."""
        objects = cast("dict[Key, T]", self._objects.get(kind, {}))
        if namespace is None:
            return list(objects.values())
        return [item for key, item in objects.items() if key[0] == namespace]

    def create(self, item: T) -> T:
        """Add an object and return it with uid, version and creation time filled in."""
        meta = item.metadata
        kept = self._objects.setdefault(type(item), {})
        if (meta.namespace, meta.name) in kept:
            msg = f'{item.KIND} "{meta.name}" already exists'
            raise AlreadyExistsError(msg)
        filled = replace(
            meta,
            uid=meta.uid or str(uuid.uuid4()),
            creation_timestamp=self._clock.now(),
            generation=1,
        )
        return self._commit(ChangeType.ADDED, replace(item, metadata=filled), None)

    def update(self, kind: type[T], namespace: str, name: str, change: Callable[[T], T]) -> T:
        """Replace an object by `change(object)`; return the result.

        `generation` rises when `spec` differs. A change of name, namespace or uid is a fault of
        the caller and raises ValueError.
        """
        old = self.get(kind, namespace, name)
        new = change(old)
        if new == old:
            return old
        if _identity(new) != _identity(old):
            msg = f"{kind.KIND} {namespace}/{name}: name, namespace and uid cannot change"
            raise ValueError(msg)
        if getattr(new, "spec", None) != getattr(old, "spec", None):
            meta = replace(new.metadata, generation=old.metadata.generation + 1)
            new = replace(new, metadata=meta)
        return self._commit(ChangeType.MODIFIED, new, old)

    def replace_version(self, item: T) -> T:
        """Write `item` over the version it was read at; ConflictError if it has changed since."""
        meta = item.metadata
        current = self.get(type(item), meta.namespace, meta.name)
        if meta.resource_version not in {"", current.metadata.resource_version}:
            msg = (
                f'Operation cannot be fulfilled on {item.KIND} "{meta.name}": the object has been '
                "modified; please apply your changes to the latest version and try again"
            )
            raise ConflictError(msg)
        return self.update(type(item), meta.namespace, meta.name, lambda _: item)

    def mark_deleted(self, kind: type[T], namespace: str, name: str, grace_seconds: int) -> T:
        """Ask for deletion: set `deletionTimestamp` to the deadline. A later, longer call is ignored."""
        deadline = self._clock.now() + grace_seconds

        def mark(item: T) -> T:
            meta = item.metadata
            if meta.deletion_timestamp is not None and meta.deletion_timestamp <= deadline:
                return item
            marked = replace(meta, deletion_timestamp=deadline, deletion_grace_period_seconds=grace_seconds)
            return replace(item, metadata=marked)

        return self.update(kind, namespace, name, mark)

    def remove(self, kind: type[T], namespace: str, name: str) -> T | None:
        """Drop an object for good; return its last version, or None if it was not there."""
        old = self._objects.get(kind, {}).pop((namespace, name), None)
        if old is None:
            return None
        self._version += 1
        last = replace(old, metadata=replace(old.metadata, resource_version=str(self._version)))
        self._announce(Change(ChangeType.DELETED, last, old, self._version))
        return cast("T", last)

    @contextmanager
    def watch(self, *kinds: type[Object], since: int | None = None) -> Iterator[Watch]:
        """Watch kinds for the length of a `with` block.

        Without `since`, the objects that exist now come first, as ADDED; with it, the changes after
        that version. GoneError when those are no longer remembered.
        """
        watch = Watch(frozenset(kinds))
        if since is None:
            for kind in kinds:
                for item in self.objects(kind):
                    watch.offer(Change(ChangeType.ADDED, item, None, self._version))
        else:
            for change in self._changes_after(since):
                watch.offer(change)
        self._watches[watch] = None
        if self._closed:
            watch.close()
        try:
            yield watch
        finally:
            del self._watches[watch]

    def close(self) -> None:
        """End every watch, those to come included."""
        self._closed = True
        for watch in self._watches:
            watch.close()

    def _changes_after(self, version: int) -> list[Change]:
        oldest = self._history[0].version if self._history else self._version + 1
        if version + 1 < oldest:
            msg = f"too old resource version: {version} ({oldest})"
            raise GoneError(msg)
        return [change for change in self._history if change.version > version]

    def _commit(self, kind: ChangeType, item: T, old: T | None) -> T:
        self._version += 1
        meta = replace(item.metadata, resource_version=str(self._version))
        item = replace(item, metadata=meta)
        self._objects[type(item)][meta.namespace, meta.name] = item
        self._announce(Change(kind, item, old, self._version))
        return item

    def _announce(self, change: Change) -> None:
        self._history.append(change)
        for watch in self._watches:
            watch.offer(change)


def _identity(item: Object) -> tuple[str, str, str]:
    return item.metadata.namespace, item.metadata.name, item.metadata.uid
