"""`pods/NAME/explain`, readylb's own: why a pod is in or out of the rotation."""

from __future__ import annotations

import math
from typing import Any

from aiohttp import web

from readylb.admin.deps import DEPS, AdminDeps
from readylb.admin.kubernetes.body import not_found
from readylb.admin.kubernetes.query import read_query
from readylb.control.store import Store
from readylb.core.drained import is_drained
from readylb.core.explanation import Evidence, Explanation, Known
from readylb.core.explanation import explain as explain_pod
from readylb.core.passive import PassiveReason, PassiveSignal, still
from readylb.model import EndpointSlice, Pod, Suspicion
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL
from readylb.model.serialization import format_time


async def explain(request: web.Request) -> web.Response:
    """Answer GET: the verdict, the evidence of every probe, and the same as five lines of text."""
    query = read_query(request)
    deps = request.app[DEPS]
    pod = deps.store.find(Pod, query.namespace or "", query.name)
    if pod is None:
        return not_found(query)
    now = deps.clock.now()
    known = _known(deps, pod)
    waits = {name: round(at - now, 3) for name, at in known.starts_at.items() if now < at < math.inf}
    document = {
        **_document(pod, explain_pod(pod, known, now)),
        "probes": [_probe(item, now) for item in known.evidence],
        "passiveSignals": [_signal(item, now) for item in still(known.signals, now)],
        "backOffSecondsLeft": waits,
    }
    return web.json_response(document)


def _known(deps: AdminDeps, pod: Pod) -> Known:
    uid, insight = pod.metadata.uid, deps.insight
    return Known(
        evidence=insight.evidence(uid),
        starts_at=insight.starts_at(uid),
        services=_services(deps.store, pod),
        signals=(*_refusals(deps.store, pod), *_ejections(deps, pod)),
        postponed=insight.postponed(uid),
    )


def _ejections(deps: AdminDeps, pod: Pod) -> list[PassiveSignal]:
    """Return where the pod is left out for a time; where everybody is, nobody is: see `data.table`."""
    now = deps.clock.now()

    def left_out(uid: str, service: str) -> bool:
        return any(item.service == service for item in still(deps.insight.signals(uid), now))

    return [
        item
        for item in still(deps.insight.signals(pod.metadata.uid), now)
        if item.reason is PassiveReason.LEADS_BACK
        or not all(left_out(uid, item.service) for uid in _ready_uids(deps.store, pod, item.service))
    ]


def _ready_uids(store: Store, pod: Pod, service: str) -> set[str]:
    """Return the uids of the pods that are Ready endpoints of a Service of the pod's namespace."""
    namespace = pod.metadata.namespace
    names = {
        endpoint.target_ref.name
        for item in store.objects(EndpointSlice, namespace)
        if item.metadata.labels.get(SERVICE_NAME_LABEL) == service
        for endpoint in item.endpoints
        if endpoint.conditions.ready and endpoint.target_ref
    }
    return {item.metadata.uid for item in store.objects(Pod, namespace) if item.metadata.name in names}


def _refusals(store: Store, pod: Pod) -> list[PassiveSignal]:
    """Return that the pod has refused a connection, if its readiness probe has not passed since."""
    found = store.find(Suspicion, pod.metadata.namespace, pod.metadata.uid)
    if found is None or found.suspected_at <= found.vouched_at:
        return []
    return [PassiveSignal(reason=PassiveReason.REFUSED, since=found.suspected_at)]


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
        "drained": is_drained(pod),
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
        "onHold": item.on_hold,
        "nextInSeconds": None if math.isinf(item.next_at) else round(max(0.0, item.next_at - now), 3),
    }


def _signal(item: PassiveSignal, now: float) -> dict[str, Any]:
    return {
        "reason": item.reason,
        "service": item.service,
        "port": item.port or None,
        "since": format_time(item.since),
        "backInSeconds": None if math.isinf(item.until) else round(item.until - now, 3),
    }
