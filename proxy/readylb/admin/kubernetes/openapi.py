"""OpenAPI v3, as far as kubectl asks: that the server itself judges fields (`fieldValidation`).

kubectl looks for that parameter at the patch of a kind before it creates or applies anything; where it
finds it, it leaves the validation to us. There are no schemas: what is wrong is said with its path, and
`kubectl explain`, which looks into `components`, says that it finds none.
Source: client-go/openapi, cli-runtime/pkg/resource/query_param_verifier_v3.go.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

import readylb
from readylb.admin.kubernetes.resources import RESOURCES, Resource
from readylb.errors import NotFoundError

_INFO = {"title": "readylb", "version": readylb.__version__}
#: Parameters of the verbs that write.
_PARAMETERS = tuple(
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
)
_ANSWER = {"200": {"description": "OK"}}


async def index(_request: web.Request) -> web.Response:
    """Answer GET /openapi/v3: where the documents of each group and version are."""
    places = dict.fromkeys(_place(item) for item in RESOURCES)
    paths = {place: {"serverRelativeURL": f"/openapi/v3/{place}"} for place in places}
    return web.json_response({"paths": paths})


async def group_version(request: web.Request) -> web.Response:
    """Answer GET /openapi/v3/api/VERSION and /openapi/v3/apis/GROUP/VERSION."""
    group, version = request.match_info.get("group", ""), request.match_info["version"]
    found = [item for item in RESOURCES if (item.api.group, item.api.version) == (group, version)]
    if not found:
        msg = "the server could not find the requested resource"
        raise NotFoundError(msg)
    paths = {path: operations for item in found for path, operations in _paths(item)}
    document = {"openapi": "3.0.0", "info": _INFO, "paths": paths, "components": {"schemas": {}}}
    return web.json_response(document)


def _place(item: Resource) -> str:
    return f"apis/{item.api.group_version}" if item.api.group else f"api/{item.api.version}"


def _paths(item: Resource) -> list[tuple[str, dict[str, Any]]]:
    api = item.api
    kind = {"group": api.group, "version": api.version, "kind": api.kind}

    def operation(action: str, *, writes: bool) -> dict[str, Any]:
        described = {
            "operationId": f"{action}{api.kind}",
            "responses": _ANSWER,
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": kind,
        }
        return {**described, "parameters": list(_PARAMETERS)} if writes else described

    collection = {"get": operation("list", writes=False)}
    one = {"get": operation("get", writes=False)}
    if item.writes:
        collection["post"] = operation("post", writes=True)
        one |= {"put": operation("put", writes=True), "patch": operation("patch", writes=True)}
    if item.deletes is not None:
        one["delete"] = operation("delete", writes=True)
    namespace = "{namespace}" if api.namespaced else None
    return [(api.path(namespace), collection), (api.path(namespace, "{name}"), one)]
