"""The verbs list (and watch), get and delete, for every resource alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from readylb.admin.deps import DEPS, AdminDeps
from readylb.admin.kubernetes.body import details_of, not_found
from readylb.admin.kubernetes.objects import ApiObject, encode
from readylb.admin.kubernetes.query import Query, read_query
from readylb.admin.kubernetes.status import BadRequestError, MethodNotAllowedError, success
from readylb.admin.kubernetes.status import answer as answer_status
from readylb.admin.kubernetes.tables import row, table
from readylb.admin.kubernetes.watch import watch
from readylb.control.turns import Turns
from readylb.errors import ConflictError
from readylb.model import Pod


async def collection(request: web.Request) -> web.StreamResponse:
    """Answer GET of a list: at once, or as a stream of changes with `watch=true`."""
    query = read_query(request)
    deps = request.app[DEPS]
    if query.flag("watch"):
        return await watch(request, query, deps)
    version = str(deps.store.version)
    items = [
        item for item in query.resource.source.objects(deps.store, query.namespace) if query.matches(item)
    ]
    if query.table is None:
        head = {
            "kind": f"{query.resource.api.kind}List",
            "apiVersion": query.resource.api.group_version,
            "metadata": {"resourceVersion": version},
            "items": [],
        }
        return await _list(deps, head, items, encode)
    layout, now, include = query.resource.layout, deps.clock.now(), query.table
    return await _list(
        deps,
        table(layout, (), now, version, include),
        items,
        lambda item: row(layout, item, now, include),
    )


async def _list(
    deps: AdminDeps,
    head: dict[str, Any],
    items: Iterable[ApiObject],
    render: Callable[[ApiObject], dict[str, Any]],
) -> web.Response:
    """Answer with `head`, whose last entry is an empty list, and what `render` makes of each item in it."""
    turns, parts = Turns(deps.clock), []
    for item in items:
        parts.append(json.dumps(render(item)))
        await turns.pause()
    text = f"{json.dumps(head).removesuffix(']}')}{', '.join(parts)}]}}"
    return web.Response(text=text, content_type="application/json")


async def single(request: web.Request) -> web.Response:
    """Answer GET of one object."""
    query = read_query(request)
    deps = request.app[DEPS]
    item = _find(query, deps)
    if item is None:
        return not_found(query)
    if query.table is None:
        return web.json_response(encode(item))
    now, version = deps.clock.now(), item.metadata.resource_version
    return web.json_response(table(query.resource.layout, [item], now, version, query.table))


async def delete(request: web.Request) -> web.Response:
    """Answer DELETE of one object: pods terminate gracefully, everything else goes at once.

    Source: apiserver's registry/generic/registry (Delete) and pkg/registry/core/pod (strategy).
    """
    query = read_query(request)
    deps = request.app[DEPS]
    kind = query.resource.deletes
    if kind is None:
        msg = f"{query.resource.api.plural} follow from other objects and cannot be deleted"
        raise MethodNotAllowedError(msg)
    options = await _options(request)
    item = _find(query, deps)
    if item is None:
        return not_found(query)
    _check_preconditions(options, query, item)
    dry_run = bool(options.get("dryRun"))
    if isinstance(item, Pod):
        if not dry_run:
            item = deps.store.mark_deleted(Pod, query.namespace or "", query.name, _grace(options, item))
        return web.json_response(encode(item))
    if not dry_run:
        deps.store.remove(kind, query.namespace or "", query.name)
    details = {**details_of(query), "uid": item.metadata.uid}
    return answer_status(success(details))


def _find(query: Query, deps: AdminDeps) -> ApiObject | None:
    return query.resource.source.find(deps.store, query.namespace or "", query.name)


async def _options(request: web.Request) -> dict[str, Any]:
    """Return DeleteOptions: the body's, over those of the query."""
    options: dict[str, Any] = {}
    if "gracePeriodSeconds" in request.query:
        options["gracePeriodSeconds"] = _whole(request.query["gracePeriodSeconds"])
    if "propagationPolicy" in request.query:
        options["propagationPolicy"] = request.query["propagationPolicy"]
    if "dryRun" in request.query:
        options["dryRun"] = request.query.getall("dryRun")
    if request.can_read_body and (body := await request.read()):
        try:
            given = await request.json() if body else {}
        except ValueError as error:
            msg = f"couldn't get version/kind; json parse error: {error}"
            raise BadRequestError(msg) from error
        if not isinstance(given, dict):
            msg = "the body of a delete must be a DeleteOptions object"
            raise BadRequestError(msg)
        options |= {name: value for name, value in given.items() if value is not None}
    if options.get("propagationPolicy") == "Orphan" or options.get("orphanDependents"):
        msg = "propagationPolicy Orphan is not supported (pods of a deleted workload are always deleted)"
        raise BadRequestError(msg)
    return options


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        msg = f'gracePeriodSeconds: Invalid value: "{text}": must be a whole number'
        raise BadRequestError(msg) from error


def _grace(options: dict[str, Any], pod: Pod) -> int:
    grace = options.get("gracePeriodSeconds", pod.spec.termination_grace_period_seconds)
    if not isinstance(grace, int) or isinstance(grace, bool):
        msg = f'gracePeriodSeconds: Invalid value: "{grace}": must be a whole number'
        raise BadRequestError(msg)
    # Kubernetes turns a negative period into one second (rest.BeforeDelete).
    return grace if grace >= 0 else 1


def _check_preconditions(options: dict[str, Any], query: Query, item: ApiObject) -> None:
    wanted = options.get("preconditions") or {}
    meta = item.metadata
    for name, given in (("UID", meta.uid), ("ResourceVersion", meta.resource_version)):
        asked = wanted.get("uid" if name == "UID" else "resourceVersion")
        if asked is not None and asked != given:
            msg = (
                f'Operation cannot be fulfilled on {query.resource.api.plural} "{query.name}": Precondition '
                f"failed: {name} in precondition: {asked}, {name} in object meta: {given}"
            )
            raise ConflictError(msg)
