"""What the data plane is told about the endpoints of one Service port, whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from readylb.core.drained import is_drained
from readylb.core.selection import select
from readylb.core.traffic import WEIGHT, read_weight
from readylb.model import EndpointSlice, Pod, Service
from readylb.model.container import Container
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, Endpoint
from readylb.model.pod import PodPhase
from readylb.model.service import ServicePort
from readylb.wire.messages import EndpointEntry

#: Pods that a 503 names before it only counts them: the line stays short for a person to read.
_NAMED_PODS = 4


def slices_of(service: Service, slices: Iterable[EndpointSlice]) -> list[EndpointSlice]:
    """Return the slices that belong to the Service, whoever made them."""
    return [item for item in slices if item.metadata.labels.get(SERVICE_NAME_LABEL) == service.metadata.name]


def entries(
    port: ServicePort, slices: Iterable[EndpointSlice], pods: Iterable[Pod] = ()
) -> tuple[EndpointEntry, ...]:
    """Return the port's endpoints in the order of their names, weighted as `pods` say.

    An endpoint that is in two slices for a moment, as its ports change, counts as the later one says.
    """
    weights = {pod.metadata.uid: _weight(pod) for pod in pods}
    found = {entry.uid: entry for item in slices for entry in _entries(port, item, weights)}
    return tuple(sorted(found.values(), key=lambda entry: (entry.name, entry.uid)))


def no_ready_reason(endpoints: tuple[EndpointEntry, ...], pods: Iterable[Pod]) -> str:
    """Return why no endpoint may have traffic, for clients to read; empty while one may.

    It names pods and their states and nothing else: what a probe said may be internal.
    """
    if select(endpoints):
        return ""
    live = [pod for pod in pods if not pod.finished]
    if not live:
        return "no Ready endpoint: it has no pods" if not endpoints else "no Ready endpoint"
    ready = sum(pod.ready and not pod.terminating for pod in live)
    named = [f"{pod.metadata.name} {_state(pod)}" for pod in live[:_NAMED_PODS]]
    if len(live) > _NAMED_PODS:
        named.append(f"and {len(live) - _NAMED_PODS} more")
    return f"no Ready endpoint: {ready} of {len(live)} pods are Ready ({', '.join(named)})"


def is_starting(pods: Iterable[Pod]) -> bool:
    """Say whether one of the pods may soon be Ready: it runs or is to, and is not on its way out."""
    return any(
        not pod.terminating
        and not pod.finished
        and not is_drained(pod)
        and not any(_crashed(pod, container) for container in pod.spec.containers)
        for pod in pods
    )


def retry_after_seconds(pods: Iterable[Pod]) -> int:
    """Return when it makes sense to ask again: after the shortest period of a readiness probe."""
    periods = [
        container.readiness_probe.period_seconds
        for pod in pods
        for container in pod.spec.containers
        if container.readiness_probe is not None
    ]
    return max(1, min(periods, default=1))


def _weight(pod: Pod) -> int:
    """Return the pod's weight; one that says nothing that could be meant has the usual one."""
    said = pod.metadata.annotations.get(WEIGHT)
    if said is None:
        return 1
    try:
        return read_weight(said)
    except ValueError:
        return 1


def _entries(port: ServicePort, item: EndpointSlice, weights: Mapping[str, int]) -> Iterator[EndpointEntry]:
    numbers = [mine.port for mine in item.ports if (mine.name, mine.protocol) == (port.name, port.protocol)]
    for number in numbers:
        for endpoint in item.endpoints:
            if endpoint.addresses:
                yield _entry(endpoint, number, weights)


def _entry(endpoint: Endpoint, port: int, weights: Mapping[str, int]) -> EndpointEntry:
    host = endpoint.addresses[0]
    pod = endpoint.target_ref
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    uid = pod.uid if pod is not None and pod.uid else address
    return EndpointEntry(
        uid=uid,
        name=pod.name if pod is not None and pod.name else address,
        host=host,
        port=port,
        ready=endpoint.conditions.ready,
        serving=endpoint.conditions.serving,
        terminating=endpoint.conditions.terminating,
        weight=weights.get(uid, 1),
    )


def _state(pod: Pod) -> str:
    if pod.terminating:
        return "is terminating"
    if is_drained(pod):
        return "is drained"
    if pod.ready:
        return "is Ready"
    if any(_crashed(pod, container) for container in pod.spec.containers):
        return "is waiting to be restarted"
    statuses = pod.status.container_statuses
    if pod.status.phase is PodPhase.PENDING or not all(status.started for status in statuses):
        return "is starting"
    return "is not ready"


def _crashed(pod: Pod, container: Container) -> bool:
    status = pod.container_status(container.name)
    return status is not None and (
        status.state.terminated is not None
        or (status.state.waiting is not None and status.state.waiting.reason == "CrashLoopBackOff")
    )
