"""How many pods one machine can take: each port that a pod declares needs one of the machine's own.

The range lies below the ephemeral ports of Linux (32768-60999), so that no outgoing connection of the
host can take a port between our check and the container's bind.
"""

from __future__ import annotations

from collections.abc import Iterable

from readylb.core.ownership import EXTERNAL_RUNTIME
from readylb.model import Deployment, Object, Pod, ReplicaSet, ReplicationController
from readylb.model.pod import PodSpec

FIRST_PORT = 20000
LAST_PORT = 29999
#: Also the most pods without a port: a hundred times what Kubernetes allows a node (kubelet's maxPods).
PLACES = LAST_PORT - FIRST_PORT + 1


def places(item: Object, replicas: int | None = None) -> int:
    """Return how many of the machine's places the pods of an object take: one, or one for each port.

    `replicas` instead of what the object says. Endpoints that somebody else runs take none.
    """
    if isinstance(item, Pod):
        return _each(item.spec)
    if isinstance(item, Deployment | ReplicaSet | ReplicationController) and item.spec.template is not None:
        wanted = item.spec.replicas if replicas is None else replicas
        return max(0, wanted) * _each(item.spec.template.spec)
    return 0


def too_many(taken: int) -> str:
    """Return why that many places cannot be had; empty if they can."""
    if taken <= PLACES:
        return ""
    return (
        f"Invalid value: all pods together would take {taken} ports, one for each that they declare and at "
        f"least one each, and there are {PLACES} ({FIRST_PORT}-{LAST_PORT}): lower the number of replicas"
    )


def first_beyond(items: Iterable[Object]) -> tuple[int, str] | None:
    """Return the index of the first object that finds no room after those before it, and why; or None."""
    taken = 0
    for index, item in enumerate(items):
        taken += places(item)
        if reason := too_many(taken):
            return index, reason
    return None


def _each(spec: PodSpec) -> int:
    if spec.runtime_class_name == EXTERNAL_RUNTIME:
        return 0
    declared = {
        port.container_port for item in spec.long_running for port in item.ports if not port.host_port
    }
    return max(1, len(declared))
