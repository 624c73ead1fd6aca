"""The verb patch: what the patch makes of the object is read and judged like a file.

Source: apiserver/pkg/endpoints/handlers/patch.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.body import check_version, invalid, not_found, read_json_body
from readylb.admin.kubernetes.json_patch import apply_operations
from readylb.admin.kubernetes.merge_patch import merge, merge_strategically
from readylb.admin.kubernetes.objects import encode
from readylb.admin.kubernetes.query import read_query
from readylb.admin.kubernetes.status import BadRequestError, UnsupportedMediaTypeError
from readylb.admin.kubernetes.write import qualified_kind, rewrite, writable

PATCHES: Mapping[str, Callable[[Any, Any], Any]] = {
    "application/json-patch+json": apply_operations,
    "application/merge-patch+json": merge,
    "application/strategic-merge-patch+json": merge_strategically,
}

_SERVER_SIDE_APPLY = "application/apply-patch+yaml"

#: The identity of an object, which no patch may touch.
_FIXED = ("name", "namespace", "uid")


async def patch(request: web.Request) -> web.Response:
    """Answer PATCH of one object: 409 for another version, 422 for one that would break a rule."""
    query = read_query(request)
    kind = writable(query)
    change = await read_json_body(request)
    item = request.app[DEPS].store.find(kind, query.namespace or "", query.name)
    if item is None:
        return not_found(query)
    before = encode(item)
    after = apply_patch(request, before, change)
    check_version(query, _metadata(after).get("resourceVersion"), item.metadata.resource_version)
    if moved := _moved(before, after):
        return invalid(query, qualified_kind(query), moved)
    return rewrite(request, query, item, after)


def apply_patch(request: web.Request, document: dict[str, Any], change: Any) -> dict[str, Any]:
    """Return the document after the patch. UnsupportedMediaTypeError, BadRequestError."""
    apply = PATCHES.get(request.content_type)
    if apply is None:
        msg = (
            "the body of the request was in an unknown format - accepted media types include: "
            f"{', '.join(PATCHES)}"
        )
        if request.content_type == _SERVER_SIDE_APPLY:
            msg = f"{msg} - leave out --server-side: who owns which field is not kept here"
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
    return [
        (path, f"Invalid value: {_shown(is_now)}: field is immutable")
        for path, was, is_now in places
        if was != is_now
    ]


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
