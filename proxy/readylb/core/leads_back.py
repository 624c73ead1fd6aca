"""A pod that leads back to readylb itself: its probes may pass, and some Services send it nothing.

Which Services those are is a condition of the pod's status, as other balancers write theirs (a condition
of a type of its own); Ready stays what the probes make of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from readylb.model import Pod
from readylb.model.meta import ANNOTATION_PREFIX
from readylb.model.pod import PodCondition

#: The condition: there and True while a Service sends the pod nothing for that.
LEADS_BACK_CONDITION = ANNOTATION_PREFIX + "LeadsBack"
_REASON = "LeadsBack"
_PREFIX = "readylb itself listens at its address: no requests of "


def with_leads_back(pod: Pod, services: Iterable[str], now: float) -> Pod:
    """Return the pod with what is true of it; `services` are the `NAME:PORT` that send it nothing."""
    before = pod.condition(LEADS_BACK_CONDITION)
    conditions = tuple(item for item in pod.status.conditions if item.type != LEADS_BACK_CONDITION)
    names = ", ".join(f"service/{name}" for name in sorted(services))
    if names:
        condition = PodCondition(
            type=LEADS_BACK_CONDITION,
            status="True",
            reason=_REASON,
            message=_PREFIX + names,
            last_transition_time=now if before is None else before.last_transition_time,
        )
        conditions = (*conditions, condition)
    if conditions == pod.status.conditions:
        return pod
    return replace(pod, status=replace(pod.status, conditions=conditions))


def leads_back_word(pod: Pod) -> str:
    """Return what the STATUS column adds: `LeadsBack` or nothing."""
    return _REASON if pod.condition(LEADS_BACK_CONDITION) is not None else ""


def leads_back_to(pod: Pod, service: str) -> bool:
    """Say whether a port of the Service of that name sends the pod nothing: it is no help to it."""
    condition = pod.condition(LEADS_BACK_CONDITION)
    if condition is None:
        return False
    ports = condition.message.removeprefix(_PREFIX).split(", ")
    return any(port.rpartition(":")[0] == f"service/{service}" for port in ports)
