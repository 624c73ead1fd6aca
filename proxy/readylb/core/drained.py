"""The operator's word on a pod: one that is drained gets no new requests, whatever its probes say.

`kubectl cordon` and `drain` for one pod. It is an annotation, so that whoever can annotate can say it; it
outlives restarts of containers and ends with the pod. Readiness stays what the probes make of it. How far
it has come is a condition of the pod's status, which only pods that are drained have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from readylb.core.leads_back import leads_back_to
from readylb.model import Pod, Service
from readylb.model.meta import ANNOTATION_PREFIX
from readylb.model.pod import PodCondition

#: On a pod: `true` drains it.
DRAINED = ANNOTATION_PREFIX + "drained"
#: The condition: False while running requests finish, then True.
DRAINED_CONDITION = ANNOTATION_PREFIX + "Drained"

_FINISHING = "no new requests; running ones finish"
_DONE = "no new requests, and none is running"


class Flow(StrEnum):
    """What reaches a pod: new requests may; only what is running; nothing."""

    OPEN = "Open"
    ENDING = "Ending"
    CLOSED = "Closed"


def read_drained(text: str) -> bool:
    """Return what the annotation says. ValueError."""
    if text not in {"true", "false"}:
        msg = "must be true or false"
        raise ValueError(msg)
    return text == "true"


def is_drained(pod: Pod) -> bool:
    """Say whether an operator keeps new requests from the pod."""
    return pod.metadata.annotations.get(DRAINED) == "true"


def drained_conditions(
    pod: Pod, conditions: Sequence[PodCondition], flow: Flow, now: float
) -> tuple[PodCondition, ...]:
    """Return `conditions` with what is true of the operator's word.

    There is none before every worker has confirmed that nothing new is sent, so whoever sees it may
    rely on that.
    """
    before = pod.condition(DRAINED_CONDITION)
    others = tuple(item for item in conditions if item.type != DRAINED_CONDITION)
    if not is_drained(pod):
        return others
    if flow is Flow.OPEN:
        return others
    fresh = (
        PodCondition(type=DRAINED_CONDITION, status="False", reason="Draining", message=_FINISHING)
        if flow is Flow.ENDING
        else PodCondition(type=DRAINED_CONDITION, status="True", reason="Drained", message=_DONE)
    )
    since = now if before is None or before.status != fresh.status else before.last_transition_time
    return (*others, replace(fresh, last_transition_time=since))


def with_drained(pod: Pod, annotations: Mapping[str, str]) -> Pod:
    """Return the pod with these annotations, and without what was true of another word than theirs."""
    changed = replace(pod, metadata=replace(pod.metadata, annotations=annotations))
    if is_drained(changed) is is_drained(pod):
        return changed
    kept = tuple(item for item in pod.status.conditions if item.type != DRAINED_CONDITION)
    return replace(changed, status=replace(pod.status, conditions=kept))


def drained_word(pod: Pod) -> str:
    """Return `Drained`, `Draining` while requests may still run, or nothing."""
    if not is_drained(pod):
        return ""
    condition = pod.condition(DRAINED_CONDITION)
    return "Drained" if condition is not None and condition.status == "True" else "Draining"


def left_alone(pod: Pod, services: Iterable[Service], pods: Iterable[Pod]) -> tuple[str, ...]:
    """Return the names of the Services that have nobody else for their requests.

    `services` and `pods` are those of the pod's namespace.
    """
    others = [item for item in pods if item.metadata.uid != pod.metadata.uid]
    return tuple(
        service.metadata.name
        for service in services
        if _serves(service, pod) and not any(_serves(service, item) for item in others)
    )


def _serves(service: Service, pod: Pod) -> bool:
    selector = service.spec.selector
    if not selector or not selector.items() <= pod.metadata.labels.items():
        return False
    open_ = pod.ready and not pod.terminating and not is_drained(pod)
    return open_ and not leads_back_to(pod, service.metadata.name)
