"""`pods/NAME/explain`, readylb's own: why a pod is in or out of the rotation."""

from __future__ import annotations

import math
from typing import Any

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.body import not_found
from readylb.admin.kubernetes.query import read_query
from readylb.control.store import Store
from readylb.core.explanation import Evidence, Explanation
from readylb.core.explanation import explain as explain_pod
from readylb.model import EndpointSlice, Pod
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL
from readylb.model.serialization import format_time


async def explain(request: web.Request) -> web.Response:
    """Answer GET: the verdict, the evidence of every probe, and the same as five lines of text."""
    query = read_query(request)
    deps = request.app[DEPS]
    pod = deps.store.find(Pod, query.namespace or "", query.name)
    if pod is None:
        return not_found(query)
    uid, now = pod.metadata.uid, deps.clock.now()
    evidence, starts_at = deps.insight.evidence(uid), deps.insight.starts_at(uid)
    found = explain_pod(pod, evidence, starts_at, _services(deps.store, pod), now)
    waits = {name: round(at - now, 3) for name, at in starts_at.items() if now < at < math.inf}
    document = {
        **_document(pod, found),
        "probes": [_probe(item, now) for item in evidence],
        "backOffSecondsLeft": waits,
    }
    return web.json_response(document)


def _services(store: Store, pod: Pod) -> list[str]:
    """Return the Services for which the pod is a Ready endpoint."""
    meta = pod.metadata
    names = {
        item.metadata.labels.get(SERVICE_NAME_LABEL, "")
        for item in store.objects(EndpointSlice, meta.namespace)
        for endpoint in item.endpoints
        if endpoint.conditions.ready and endpoint.target_ref and endpoint.target_ref.name == meta.name
    }
    return sorted(names - {""})


def _document(pod: Pod, found: Explanation) -> dict[str, Any]:
    return {
        "kind": "PodExplanation",
        "apiVersion": "readylb.io/v1",
        "metadata": {"name": pod.metadata.name, "namespace": pod.metadata.namespace},
        "verdict": found.verdict,
        "since": None if found.since is None else format_time(found.since),
        "decidedBy": found.decided_by,
        "lines": list(found.lines),
    }


def _probe(item: Evidence, now: float) -> dict[str, Any]:
    return {
        "container": item.container,
        "kind": item.kind,
        "result": item.result,
        "since": None if item.since is None else format_time(item.since),
        "last": item.last,
        "streak": item.streak,
        "threshold": item.threshold,
        "output": item.output,
        "askedSecondsAgo": None if item.asked_at is None else round(now - item.asked_at, 3),
        "nextInSeconds": None if math.isinf(item.next_at) else round(max(0.0, item.next_at - now), 3),
    }
