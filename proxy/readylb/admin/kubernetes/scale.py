"""The subresource `scale` of workloads: only the number of replicas, as `kubectl scale` changes it.

Source: api/autoscaling/v1 (Scale), pkg/registry/apps/deployment/storage (ScaleREST).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.body import check_version, invalid, is_dry_run, not_found, read_json_body
from readylb.admin.kubernetes.judge import lack_of_room
from readylb.admin.kubernetes.objects import encode
from readylb.admin.kubernetes.patch import apply_patch
from readylb.admin.kubernetes.query import Query, read_query
from readylb.admin.kubernetes.status import BadRequestError
from readylb.control.store import Store
from readylb.errors import NotFoundError
from readylb.model import Deployment, ReplicaSet, ReplicationController
from readylb.model.workload import LabelSelector

Scalable = Deployment | ReplicaSet | ReplicationController
_SCALABLE: tuple[type[Scalable], ...] = (Deployment, ReplicaSet, ReplicationController)
_INT32 = 2**31


async def get_scale(request: web.Request) -> web.Response:
    """Answer GET of an object's Scale."""
    query = read_query(request)
    item = _find(query, request.app[DEPS].store)
    return not_found(query) if item is None else web.json_response(_scale(item))


async def change_scale(request: web.Request) -> web.Response:
    """Answer PUT (a whole Scale) and PATCH; return the new Scale. 409 for another version, 422."""
    query = read_query(request)
    body = await read_json_body(request)
    store = request.app[DEPS].store
    item = _find(query, store)
    if item is None:
        return not_found(query)
    wanted = apply_patch(request, _scale(item), body) if request.method == "PATCH" else _whole(body)
    check_version(query, wanted["metadata"].get("resourceVersion"), item.metadata.resource_version)
    spec = wanted.get("spec") or {}
    replicas = spec.get("replicas", 0) if isinstance(spec, dict) else None
    if type(replicas) is not int or replicas >= _INT32:
        msg = "spec.replicas of a Scale must be a whole number"
        raise BadRequestError(msg)
    if replicas < 0:
        problem = f"Invalid value: {replicas}: must be greater than or equal to 0"
        return invalid(query, "Scale.autoscaling", [("spec.replicas", problem)])
    scaled = _with_replicas(item, replicas)
    if problems := tuple(lack_of_room(store, scaled, item)):
        return invalid(query, "Scale.autoscaling", problems)
    if not is_dry_run(request):
        scaled = _write(store, scaled)
    return web.json_response(_scale(scaled))


def _whole(body: Any) -> dict[str, Any]:
    if (
        not isinstance(body, dict)
        or not isinstance(body.get("metadata"), dict)
        or body.get("kind") != "Scale"
    ):
        msg = "the body of an update of scale must be a Scale object"
        raise BadRequestError(msg)
    whole: dict[str, Any] = body
    return whole


def _find(query: Query, store: Store) -> Scalable | None:
    """Return the object; NotFoundError when its kind has no replicas."""
    kind = next((kind for kind in _SCALABLE if query.resource.api.kind == kind.KIND), None)
    if kind is None:
        msg = "the server could not find the requested resource"
        raise NotFoundError(msg)
    found: Scalable | None = store.find(kind, query.namespace or "", query.name)
    return found


def _with_replicas(item: Scalable, replicas: int) -> Scalable:
    if isinstance(item, Deployment):
        return replace(item, spec=replace(item.spec, replicas=replicas))
    if isinstance(item, ReplicaSet):
        return replace(item, spec=replace(item.spec, replicas=replicas))
    return replace(item, spec=replace(item.spec, replicas=replicas))


def _write(store: Store, scaled: Scalable) -> Scalable:
    meta = scaled.metadata
    return store.update(type(scaled), meta.namespace, meta.name, lambda _: scaled)


def _scale(item: Scalable) -> dict[str, Any]:
    metadata = encode(item)["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": item.spec.replicas},
        "status": {"replicas": item.status.replicas, "selector": _selector(item)},
    }


def _selector(item: Scalable) -> str:
    """Return the selector as a client writes it into a query (LabelSelectorAsSelector)."""
    selector = item.spec.selector
    if not isinstance(selector, LabelSelector):
        return ",".join(f"{name}={value}" for name, value in sorted(selector.items()))
    parts = [f"{name}={value}" for name, value in sorted(selector.match_labels.items())]
    for rule in selector.match_expressions:
        values = ",".join(sorted(rule.values))
        form = {"In": f"{rule.key} in ({values})", "NotIn": f"{rule.key} notin ({values})"}
        form |= {"Exists": rule.key, "DoesNotExist": f"!{rule.key}"}
        parts.append(form[rule.operator])
    return ",".join(parts)
