"""What things are: Kubernetes' nouns as frozen dataclasses. Stdlib only."""

from __future__ import annotations

from readylb.model.endpoint_slice import EndpointSlice
from readylb.model.event import Event
from readylb.model.pod import Pod
from readylb.model.pod_traffic import PodTraffic
from readylb.model.probe import ProbeStatus
from readylb.model.service import Service
from readylb.model.suspicion import Suspicion
from readylb.model.workload import Deployment, ReplicaSet, ReplicationController

#: Any object that the store keeps: it has `metadata`, `KIND` and `API_VERSION`.
Object = (
    Deployment
    | EndpointSlice
    | Event
    | Pod
    | PodTraffic
    | ProbeStatus
    | ReplicaSet
    | ReplicationController
    | Service
    | Suspicion
)

__all__ = [
    "Deployment",
    "EndpointSlice",
    "Event",
    "Object",
    "Pod",
    "PodTraffic",
    "ProbeStatus",
    "ReplicaSet",
    "ReplicationController",
    "Service",
    "Suspicion",
]
