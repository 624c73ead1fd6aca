"""ReplicationControllers keep pods that an equality selector finds (`pkg/controller/replication`).

As in Kubernetes, one is a ReplicaSet seen from another side: selector and template default to each
other's labels, the rest is the same code.
"""

from __future__ import annotations

from readylb.control.workloads.replication import Demand, Replication, Tools
from readylb.model import ReplicationController
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import LabelSelector

COMPONENT = "replication-controller"


def demand(owner: ReplicationController) -> Demand:
    """Read what a ReplicationController wants; without a selector, the template's labels are one."""
    spec = owner.spec
    template = spec.template or PodTemplateSpec()
    selector = LabelSelector(match_labels=spec.selector or template.metadata.labels)
    return Demand(spec.replicas, selector, template, spec.min_ready_seconds)


def reconciler(tools: Tools) -> Replication[ReplicationController]:
    """Return the reconciler of ReplicationControllers."""
    return Replication(tools, ReplicationController, COMPONENT, demand)
