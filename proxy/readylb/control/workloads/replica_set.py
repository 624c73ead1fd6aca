"""ReplicaSets keep pods that a label selector finds (`pkg/controller/replicaset`)."""

from __future__ import annotations

from readylb.control.workloads.replication import Demand, Replication, Tools
from readylb.model import ReplicaSet

COMPONENT = "replicaset-controller"


def demand(owner: ReplicaSet) -> Demand:
    """Read what a ReplicaSet wants."""
    spec = owner.spec
    return Demand(spec.replicas, spec.selector, spec.template, spec.min_ready_seconds)


def reconciler(tools: Tools) -> Replication[ReplicaSet]:
    """Return the reconciler of ReplicaSets."""
    return Replication(tools, ReplicaSet, COMPONENT, demand)
