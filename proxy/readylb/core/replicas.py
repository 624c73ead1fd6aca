"""How many pods a workload has, which belong to it, and which go first.

Sources: Kubernetes `pkg/controller/controller_utils.go` (ActivePodsWithRanks),
`pkg/controller/controller_ref_manager.go` (claiming), `pkg/controller/replicaset/` (status),
`pkg/api/v1/pod/util.go` (availability).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from readylb.core.drained import is_drained
from readylb.model import Pod
from readylb.model.pod import PodPhase
from readylb.model.workload import LabelSelector, ReplicaStatus

_PHASE_ORDER = {PodPhase.PENDING: 0, PodPhase.RUNNING: 1}


@dataclass(frozen=True, slots=True)
class Claim:
    """What an owner does about the pods around it: keep, take and let go."""

    mine: tuple[Pod, ...]
    adopt: tuple[Pod, ...]
    release: tuple[Pod, ...]


def claim(owner_uid: str, selector: LabelSelector, pods: Iterable[Pod]) -> Claim:
    """Sort pods by owner and labels.

    An orphan that matches is adopted; an own pod that no longer matches is let go.
    """
    mine: list[Pod] = []
    adopt: list[Pod] = []
    release: list[Pod] = []
    for pod in pods:
        owner, matches = pod.metadata.controller, selector.matches(pod.metadata.labels)
        if owner is None:
            if matches and active(pod):
                adopt.append(pod)
        elif owner.uid == owner_uid:
            (mine if matches or pod.terminating else release).append(pod)
    return Claim(tuple(mine), tuple(adopt), tuple(release))


def active(pod: Pod) -> bool:
    """Say whether the pod counts as a replica: neither finished nor on its way out."""
    return not pod.finished and not pod.terminating


def surplus(pods: Sequence[Pod], wanted: int) -> tuple[Pod, ...]:
    """Return the active pods to delete so that `wanted` are left, those that are missed least.

    Unassigned before assigned, Pending before Running, not ready before ready, ready for a shorter
    time, more restarts, younger. (All pods share one machine, so spreading does not count.) One that is
    drained serves nobody, and counts as not ready.
    """
    ranked = sorted(filter(active, pods), key=_rank)
    return tuple(ranked[: max(0, len(ranked) - wanted)])


def _rank(pod: Pod) -> tuple[object, ...]:
    return (
        pod.spec.node_name != "",
        _PHASE_ORDER.get(pod.status.phase, 0),
        pod.ready and not is_drained(pod),
        -_ready_since(pod),
        -max((status.restart_count for status in pod.status.container_statuses), default=0),
        -(pod.metadata.creation_timestamp or 0.0),
    )


def _ready_since(pod: Pod) -> float:
    condition = pod.condition("Ready")
    if condition is None or condition.status != "True":
        return 0.0
    return condition.last_transition_time or 0.0


def available_in(pod: Pod, min_ready_seconds: float, now: float) -> float | None:
    """Return in how many seconds the pod is available (0: it is); None while it is not ready."""
    if not pod.ready:
        return None
    return max(0.0, _ready_since(pod) + min_ready_seconds - now) if min_ready_seconds else 0.0


def next_available(pods: Iterable[Pod], min_ready_seconds: float, now: float) -> float | None:
    """Return in how many seconds another pod becomes available by itself, or None."""
    waits = (available_in(pod, min_ready_seconds, now) for pod in pods)
    return min((wait for wait in waits if wait), default=None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What status is measured against."""

    template_labels: Mapping[str, str]
    min_ready_seconds: int
    generation: int


def status(pods: Iterable[Pod], wanted: Wanted, now: float) -> ReplicaStatus:
    """Count the active pods."""
    counted = [pod for pod in pods if active(pod)]
    waits = [available_in(pod, wanted.min_ready_seconds, now) for pod in counted]
    return ReplicaStatus(
        replicas=len(counted),
        fully_labeled_replicas=sum(
            wanted.template_labels.items() <= pod.metadata.labels.items() for pod in counted
        ),
        ready_replicas=sum(pod.ready for pod in counted),
        available_replicas=waits.count(0.0),
        observed_generation=wanted.generation,
    )
