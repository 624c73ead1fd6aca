"""The subresource `status` of pods: conditions of one's own, for readiness gates.

    kubectl patch pod NAME --subresource=status -p '{"status":{"conditions":[{"type":"T","status":"True"}]}}'

Source: pkg/registry/core/pod/strategy.go (podStatusStrategy). The rest of the status is observed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.body import (
    check_version,
    invalid,
    is_dry_run,
    not_found,
    read_body,
    read_json_body,
)
from readylb.admin.kubernetes.objects import encode
from readylb.admin.kubernetes.patch import apply_patch
from readylb.admin.kubernetes.query import read_query
from readylb.admin.kubernetes.status import BadRequestError
from readylb.config.validation import names
from readylb.core.foreign_conditions import STATUSES, merged, usurped
from readylb.model import Pod
from readylb.model.pod import PodCondition

Problems = list[tuple[str, str]]

_TEXTS = ("type", "status", "reason", "message")


async def get_pod_status(request: web.Request) -> web.Response:
    """Answer GET: the pod."""
    query = read_query(request)
    pod = request.app[DEPS].store.find(Pod, query.namespace or "", query.name)
    return not_found(query) if pod is None else web.json_response(encode(pod))


async def change_pod_status(request: web.Request) -> web.Response:
    """Answer PUT (a whole Pod) and PATCH: set the conditions that are not concluded here."""
    query, deps = read_query(request), request.app[DEPS]
    change = await (read_json_body(request) if request.method == "PATCH" else read_body(request))
    pod = deps.store.find(Pod, query.namespace or "", query.name)
    if pod is None:
        return not_found(query)
    before = encode(pod)
    after = apply_patch(request, before, change) if request.method == "PATCH" else change
    status = after.get("status", {}) if isinstance(after, dict) else None
    metadata = after.get("metadata", {}) if isinstance(after, dict) else None
    if not isinstance(status, dict) or not isinstance(metadata, dict):
        msg = "the body of an update of status must be a Pod with a status"
        raise BadRequestError(msg)
    check_version(query, metadata.get("resourceVersion"), pod.metadata.resource_version)
    conditions, problems = _conditions(status.get("conditions", []))
    problems += _observed(before.get("status", {}), status)
    for index in () if problems else usurped(pod.status.conditions, conditions):
        text = f"Forbidden: {conditions[index].type} is concluded from containers and probes"
        problems.append((f"status.conditions[{index}]", text))
    if problems:
        return invalid(query, "Pod", problems)
    said = merged(pod.status.conditions, conditions, deps.clock.now())
    pod = replace(pod, status=replace(pod.status, conditions=said))
    if not is_dry_run(request):
        changed = pod
        pod = deps.store.update(Pod, query.namespace or "", query.name, lambda _: changed)
    return web.json_response(encode(pod))


def _conditions(said: Any) -> tuple[list[PodCondition], Problems]:
    """Return the conditions that are well formed, and what is wrong with the others."""
    conditions: list[PodCondition] = []
    problems: Problems = []
    for index, item in enumerate(said if isinstance(said, list) else [said]):
        texts: dict[str, Any] = {}
        if isinstance(item, dict):
            texts = {name: item.get(name) or "" for name in _TEXTS}
        if not texts or not all(isinstance(text, str) for text in texts.values()):
            problems.append((f"status.conditions[{index}]", "Invalid value: must be a condition"))
            continue
        wrong = list(_wrong(f"status.conditions[{index}]", texts))
        problems += wrong
        if not wrong:
            conditions.append(PodCondition(**texts))
    return conditions, problems


def _wrong(path: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for detail in names.qualified_name(texts["type"]):
        yield f"{path}.type", f'Invalid value: "{texts["type"]}": {detail}'
    if texts["status"] not in STATUSES:
        known = ", ".join(f'"{word}"' for word in STATUSES)
        yield f"{path}.status", f'Unsupported value: "{texts["status"]}": supported values: {known}'


def _observed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Problems:
    """Return a problem for each part of the status, beside conditions, that is said to be another."""
    changed = sorted(name for name, value in after.items() if value != before.get(name))
    text = "Forbidden: is observed, and nobody's to say"
    return [(f"status.{name}", text) for name in changed if name != "conditions"]
