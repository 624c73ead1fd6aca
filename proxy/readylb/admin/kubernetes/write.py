"""The verbs create and update (POST, PUT): what is sent is read and judged like a file.

Source: apiserver/pkg/endpoints/handlers (create.go, update.go), registry/rest (create.go, update.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.body import (
    already_exists,
    check_version,
    invalid,
    is_dry_run,
    not_found,
    read_body,
    warned,
)
from readylb.admin.kubernetes.judge import judge
from readylb.admin.kubernetes.objects import encode
from readylb.admin.kubernetes.query import Query, read_query
from readylb.admin.kubernetes.status import BadRequestError, MethodNotAllowedError
from readylb.config.update_rules import settled
from readylb.errors import ConflictError
from readylb.model import Object

#: How a problem begins that is a fault of the text, not of the object that it describes.
_UNREADABLE = ("cannot unmarshal", "unknown field")


async def create(request: web.Request) -> web.Response:
    """Answer POST of an object: 201, 409 when there is one of that name, 422 when it breaks a rule."""
    query = read_query(request)
    kind = writable(query)
    body = await _object(request, query)
    deps = request.app[DEPS]
    judged = judge(body, deps, strict=is_strict(request))
    name = body["metadata"].get("name") or body["metadata"].get("generateName") or ""
    query = replace(query, name=judged.item.metadata.name if judged.item else str(name))
    if judged.item is None:
        _refuse_unreadable(query, judged.problems)
        return invalid(query, qualified_kind(query), judged.problems)
    if deps.store.find(kind, query.namespace or "", query.name) is not None:
        return already_exists(query)
    created = judged.item if is_dry_run(request) else deps.store.create(judged.item)
    return warned(web.json_response(encode(created), status=201), judged.warnings)


async def update(request: web.Request) -> web.Response:
    """Answer PUT of an object: 404, 409 for another version, 422 when it breaks a rule."""
    query = read_query(request)
    kind = writable(query)
    body = await _object(request, query)
    item = request.app[DEPS].store.find(kind, query.namespace or "", query.name)
    if item is None:
        return not_found(query)
    _check_uid(query, body["metadata"].get("uid"), item)
    check_version(query, body["metadata"].get("resourceVersion"), item.metadata.resource_version)
    return rewrite(request, query, item, body)


def rewrite(request: web.Request, query: Query, item: Object, document: dict[str, Any]) -> web.Response:
    """Answer with what `item` has become when its author says `document`."""
    deps = request.app[DEPS]
    judged = judge(settled(encode(item), document), deps, old=item, strict=is_strict(request))
    if judged.item is None:
        if request.method == "PUT":
            _refuse_unreadable(query, judged.problems)
        return invalid(query, qualified_kind(query), [_placed(problem) for problem in judged.problems])
    new = judged.item
    if not is_dry_run(request):
        new = deps.store.update(type(item), query.namespace or "", query.name, lambda _: new)
    return warned(web.json_response(encode(new)), judged.warnings)


def writable(query: Query) -> type[Object]:
    """Return the kind that an author may write. MethodNotAllowedError."""
    kind = query.resource.deletes
    if kind is None or not query.resource.writes:
        msg = f"{query.resource.api.plural} cannot be written (pods, services and workloads can)"
        raise MethodNotAllowedError(msg)
    return kind


def is_strict(request: web.Request) -> bool:
    """Say whether unknown fields are refused. BadRequestError for an unknown `fieldValidation`."""
    wanted = request.query.get("fieldValidation", "") or "Strict"
    if wanted not in {"Strict", "Warn", "Ignore"}:
        known = '"Ignore", "Strict", "Warn"'
        msg = f'fieldValidation: Unsupported value: "{wanted}": supported values: {known}'
        raise BadRequestError(msg)
    return wanted == "Strict"


def qualified_kind(query: Query) -> str:
    """Return the kind with its group, as a refusal names it: `Deployment.apps`."""
    api = query.resource.api
    return f"{api.kind}.{api.group}" if api.group else api.kind


async def _object(request: web.Request, query: Query) -> dict[str, Any]:
    """Return the body, an object of the kind and at the place that the path says. BadRequestError."""
    api = query.resource.api
    body = await read_body(request)
    sent = (body.get("apiVersion"), body.get("kind")) if isinstance(body, dict) else (None, None)
    if not isinstance(body, dict) or not sent[1]:
        msg = f"the object provided is unrecognized (must be of type {api.kind})"
        raise BadRequestError(msg)
    if sent != (api.group_version, api.kind):
        msg = f'{sent[1]} in version "{sent[0] or ""}" cannot be handled as a {api.kind}'
        raise BadRequestError(msg)
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict):
        msg = f"{api.kind} cannot be read: metadata must be an object"
        raise BadRequestError(msg)
    if metadata.get("namespace") not in (None, "", query.namespace):
        msg = "the namespace of the provided object does not match the namespace sent on the request"
        raise BadRequestError(msg)
    if query.name and metadata.get("name") != query.name:
        sent_name = metadata.get("name") or ""
        msg = f"the name of the object ({sent_name}) does not match the name on the URL ({query.name})"
        raise BadRequestError(msg)
    return {**cast("dict[str, Any]", body), "metadata": {**metadata, "namespace": query.namespace}}


def _check_uid(query: Query, asked: Any, item: Object) -> None:
    uid = item.metadata.uid
    if asked not in (None, "", uid):
        msg = (
            f'Operation cannot be fulfilled on {query.resource.api.qualified} "{query.name}": Precondition '
            f"failed: UID in precondition: {asked}, UID in object meta: {uid}"
        )
        raise ConflictError(msg)


def _placed(problem: tuple[str, str]) -> tuple[str, str]:
    """Return the problem with a place, as kubectl shows each cause with its own."""
    path, message = problem
    return problem if path else ("patch", f"Invalid value: strict decoding error: {message}")


def _refuse_unreadable(query: Query, problems: Sequence[tuple[str, str]]) -> None:
    """Raise BadRequestError when the text cannot be read as an object of its kind."""
    api = query.resource.api
    texts = [message for _, message in problems if message.startswith(_UNREADABLE)]
    if texts:
        unknown = all(text.startswith("unknown field") for text in texts)
        cause = f"{'strict decoding error' if unknown else 'json'}: {', '.join(texts)}"
        msg = f'{api.kind} in version "{api.version}" cannot be handled as a {api.kind}: {cause}'
        raise BadRequestError(msg)
