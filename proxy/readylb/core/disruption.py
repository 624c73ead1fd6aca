"""When a liveness restart has to wait: the last Ready pod of a Service is not stopped while others fail.

Kubelet knows no Services, so an overloaded dependency makes it restart all replicas at once. Here the
last one that still passes its readiness probe goes on serving until another is Ready.
"""

from __future__ import annotations

from collections.abc import Iterable

from readylb.core.drained import is_drained
from readylb.core.leads_back import leads_back_to
from readylb.model import Pod, Service
from readylb.model.meta import ANNOTATION_PREFIX

#: On a pod or a Service: `none` gives kubelet's behaviour, `last-ready` is the default.
DISRUPTION_BUDGET = ANNOTATION_PREFIX + "disruption-budget"
NO_BUDGET = "none"
BUDGETS = ("last-ready", NO_BUDGET)


def blocking_service(pod: Pod, services: Iterable[Service], pods: Iterable[Pod]) -> str:
    """Return the name of a Service whose last Ready pod this is while others of it fail; "" if none.

    `services` and `pods` are those of the pod's namespace. The only pod of a Service never waits:
    nobody would ever take over. One that is drained serves nobody, nor does one that leads back to readylb.
    """
    if pod.metadata.annotations.get(DISRUPTION_BUDGET) == NO_BUDGET:
        return ""
    others = [item for item in pods if item.metadata.uid != pod.metadata.uid and _counts(item)]
    for service in services:
        unbound = service.metadata.annotations.get(DISRUPTION_BUDGET) == NO_BUDGET
        if unbound or not _selects(service, pod) or not _serves(service, pod):
            continue
        siblings = [item for item in others if _selects(service, item) and not _circles(service, item)]
        if siblings and not any(_serves(service, item) for item in siblings):
            return service.metadata.name
    return ""


def _counts(pod: Pod) -> bool:
    return not pod.terminating and not pod.finished


def _serves(service: Service, pod: Pod) -> bool:
    return pod.ready and not is_drained(pod) and not _circles(service, pod)


def _circles(service: Service, pod: Pod) -> bool:
    return leads_back_to(pod, service.metadata.name)


def _selects(service: Service, pod: Pod) -> bool:
    selector = service.spec.selector
    return bool(selector) and selector.items() <= pod.metadata.labels.items()
