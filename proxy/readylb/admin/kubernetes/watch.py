"""Watch: changes as a stream of JSON lines, from a resourceVersion on.

Source: the Kubernetes API concepts page ("Efficient detection of changes") and apiserver's
endpoints/handlers/watch.go. A resourceVersion that is no longer remembered is answered by an ERROR
event with code 410, after which clients list again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from aiohttp import web

from readylb.admin.deps import AdminDeps
from readylb.admin.kubernetes.encoder import compact
from readylb.admin.kubernetes.objects import ApiObject
from readylb.admin.kubernetes.query import Query, whole_number
from readylb.admin.kubernetes.status import BadRequestError, failure
from readylb.admin.kubernetes.tables import table
from readylb.control.clock import Clock
from readylb.control.store import HISTORY, Change, ChangeType, Watch
from readylb.control.turns import Turns
from readylb.errors import GoneError

#: A watch without `timeoutSeconds` ends after this many seconds; clients then resume. The API server
#: takes 30 to 60 minutes (--min-request-timeout 1800).
DEFAULT_TIMEOUT_SECONDS = 3600
#: How often a quiet watch tells the client how far it has seen, so that resuming stays cheap.
BOOKMARK_SECONDS = 60.0
#: A client that takes nothing for so long is cut: what it does not take would pile up here.
STALL_SECONDS = 30.0
#: One that is so many changes behind has to list again, which is cheaper than what it misses; the API
#: server, too, ends the watches of those that read too slowly (cacher.go, forgetWatcher).
MOST_BEHIND = HISTORY


async def watch(request: web.Request, query: Query, deps: AdminDeps) -> web.StreamResponse:
    """Stream what happens to the objects that the query matches, until the client goes or time is up."""
    since = _since(query)
    seconds = whole_number(query.parameters, "timeoutSeconds") or DEFAULT_TIMEOUT_SECONDS
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache"})
    try:
        _check_known(since, deps.store.version)
        with deps.store.watch(*query.resource.source.kinds, since=since) as changes:
            await response.prepare(request)
            stream = _Stream(query, deps)
            try:
                async with asyncio.timeout(seconds):
                    async for line in _lines(stream, changes, query, deps.clock):
                        async with asyncio.timeout(STALL_SECONDS):
                            await response.write(line + b"\n")
            except TimeoutError:
                pass  # the end of a watch is its normal outcome; clients resume
    except GoneError as error:
        await response.prepare(request)
        await response.write(_line("ERROR", compact(failure(error))) + b"\n")
    await response.write_eof()
    return response


class _Stream:
    """Turns changes of the store into lines about matching objects."""

    def __init__(self, query: Query, deps: AdminDeps) -> None:
        self._query = query
        self._deps = deps
        self._sent: dict[tuple[str, str], ApiObject] = {}
        self._first = True

    def lines(self, change: Change) -> Iterator[bytes]:
        """Yield the lines for one change: an object that starts to match is ADDED, one that stops DELETED."""
        for before, after in self._query.resource.source.steps(self._deps.store, change):
            was = before is not None and self._query.matches(before)
            now = after is not None and self._query.matches(after)
            if now and after is not None:
                kind = ChangeType.MODIFIED if was else ChangeType.ADDED
                if self._is_new(after):
                    yield self._line(kind, after)
            elif was and before is not None:
                self._sent.pop((before.metadata.namespace, before.metadata.name), None)
                yield self._line(ChangeType.DELETED, _at(before, change.version))

    def bookmark(self, *, initial_end: bool = False) -> bytes:
        """Return a line that only says how far the watch has come."""
        metadata: dict[str, Any] = {"resourceVersion": str(self._deps.store.version)}
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        resource = self._query.resource.api
        document = {"kind": resource.kind, "apiVersion": resource.group_version, "metadata": metadata}
        return _line("BOOKMARK", compact(document))

    def _is_new(self, item: ApiObject) -> bool:
        """Say whether the object differs from what was sent last, resourceVersion aside."""
        place = (item.metadata.namespace, item.metadata.name)
        plain = _at(item, 0)
        if self._sent.get(place) == plain:
            return False
        self._sent[place] = plain
        return True

    def _line(self, kind: ChangeType, item: ApiObject) -> bytes:
        if self._query.table is None:
            return _line(kind, self._deps.encoder.object(item))
        document = table(
            self._query.resource.layout,
            [item],
            self._deps.clock.now(),
            item.metadata.resource_version,
            self._query.table,
        )
        if not self._first:
            document["columnDefinitions"] = []  # the API server sends them once per stream
        self._first = False
        return _line(kind, compact(document))


async def _lines(stream: _Stream, changes: Watch, query: Query, clock: Clock) -> AsyncIterator[bytes]:
    turns = Turns(clock)
    for change in changes.drain():
        for line in stream.lines(change):
            yield line
        await turns.pause()
    bookmarks = query.flag("allowWatchBookmarks") and query.table is None
    if bookmarks and query.flag("sendInitialEvents"):
        yield stream.bookmark(initial_end=True)
    while True:
        idle = not changes.behind
        try:
            async with asyncio.timeout(BOOKMARK_SECONDS if bookmarks else None):
                change = await anext(changes)
        except TimeoutError:
            yield stream.bookmark()
            continue
        except StopAsyncIteration:
            return
        if changes.behind > MOST_BEHIND:
            msg = f"too old resource version: {change.version}: this watch is read too slowly"
            raise GoneError(msg)
        if idle:
            turns.begin()
        for line in stream.lines(change):
            yield line
        await turns.pause()


def _since(query: Query) -> int | None:
    """Return the version to resume after; None (also for `0`) means: begin with what exists."""
    text = query.parameters.get("resourceVersion", "")
    if text in {"", "0"} or query.flag("sendInitialEvents"):
        return None
    if not text.isdecimal():
        msg = f'resourceVersion: Invalid value: "{text}": must be a number that a list or watch has answered'
        raise BadRequestError(msg)
    return int(text)


def _check_known(since: int | None, newest: int) -> None:
    """Refuse a version from the future: it comes from a readylb that ran before this one."""
    if since is not None and since > newest:
        msg = f"too old resource version: {since} ({newest}): readylb has started anew"
        raise GoneError(msg)


def _at(item: ApiObject, version: int) -> ApiObject:
    if item.metadata.resource_version == str(version):
        return item
    return replace(item, metadata=replace(item.metadata, resource_version=str(version)))


def _line(kind: str, document: bytes) -> bytes:
    return b'{"type":"%b","object":%b}' % (kind.encode(), document)
