"""The verb patch: what it makes of a workload is read and judged like a file, of a pod by `patch_pod`.

Source: apiserver/pkg/endpoints/handlers/patch.go; immutable fields from pkg/apis/apps/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes import patch_pod
from readylb.admin.kubernetes.body import check_version, invalid, is_dry_run, not_found, read_json_body
from readylb.admin.kubernetes.json_patch import apply_operations
from readylb.admin.kubernetes.merge_patch import merge, merge_strategically
from readylb.admin.kubernetes.objects import encode
from readylb.admin.kubernetes.query import read_query
from readylb.admin.kubernetes.status import (
    BadRequestError,
    MethodNotAllowedError,
    UnsupportedMediaTypeError,
)
from readylb.config.documents import read_document
from readylb.model import Object, Pod, ReplicationController

PATCHES: Mapping[str, Callable[[Any, Any], Any]] = {
    "application/json-patch+json": apply_operations,
    "application/merge-patch+json": merge,
    "application/strategic-merge-patch+json": merge_strategically,
}

#: The identity of an object, which no patch may touch.
_FIXED = ("name", "namespace", "uid")


async def patch(request: web.Request) -> web.Response:
    """Answer PATCH of one object: 409 for another version, 422 for one that would break a rule."""
    query = read_query(request)
    kind = query.resource.deletes
    if kind is None or not query.resource.patches:
        msg = f"{query.resource.api.plural} cannot be patched (workloads and pods can)"
        raise MethodNotAllowedError(msg)
    change = await read_json_body(request)
    store = request.app[DEPS].store
    item = store.find(kind, query.namespace or "", query.name)
    if item is None:
        return not_found(query)
    before = encode(item)
    after = apply_patch(request, before, change)
    check_version(query, _metadata(after).get("resourceVersion"), item.metadata.resource_version)
    patched, problems = _judged(item, before, after)
    if problems:
        group = query.resource.api.group
        return invalid(query, f"{item.KIND}.{group}" if group else item.KIND, problems)
    if not is_dry_run(request):
        patched = store.update(kind, query.namespace or "", query.name, lambda _: patched)
    return web.json_response(encode(patched))


def _judged(
    item: Object, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Object, list[tuple[str, str]]]:
    """Return what becomes of the item, or the item and what is wrong, as (field, message)."""
    problems = _moved(before, after)
    if isinstance(item, Pod):
        problems += patch_pod.problems(before, after)
        return (item if problems else patch_pod.patched(item, after)), problems
    read, found = read_document(after)
    problems += [(problem.path, problem.message) for problem in found]
    return (item if read is None or problems else _merged(item, read)), problems


def apply_patch(request: web.Request, document: dict[str, Any], change: Any) -> dict[str, Any]:
    """Return the document after the patch. UnsupportedMediaTypeError, BadRequestError."""
    apply = PATCHES.get(request.content_type)
    if apply is None:
        msg = (
            "the body of the request was in an unknown format - accepted media types include: "
            f"{', '.join(PATCHES)}"
        )
        raise UnsupportedMediaTypeError(msg)
    try:
        patched = apply(document, change)
    except (ValueError, RecursionError) as error:
        msg = f"cannot apply the patch: {error}"
        raise BadRequestError(msg) from error
    if not isinstance(patched, dict) or not isinstance(patched.get("metadata"), dict):
        msg = "cannot apply the patch: what is left is not an object with metadata"
        raise BadRequestError(msg)
    return patched


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document["metadata"]
    return found


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what was changed that must stay as it is."""
    old, new = _metadata(before), _metadata(after)
    places = [(f"metadata.{name}", old.get(name), new.get(name)) for name in _FIXED]
    places += [(name, before.get(name), after.get(name)) for name in ("apiVersion", "kind")]
    selects = before["kind"] not in {ReplicationController.KIND, Pod.KIND}
    if selects and isinstance(after.get("spec"), dict):
        places.append(("spec.selector", before["spec"].get("selector"), after["spec"].get("selector")))
    return [
        (path, f"Invalid value: {_shown(is_now)}: field is immutable")
        for path, was, is_now in places
        if was != is_now
    ]


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _merged(item: Object, read: Object) -> Object:
    """Return `item` with what an author may say; status and bookkeeping stay."""
    meta = replace(item.metadata, labels=read.metadata.labels, annotations=read.metadata.annotations)
    spec = cast("Any", read).spec  # every workload has one
    return cast("Object", replace(cast("Any", item), metadata=meta, spec=spec))
