"""What a Deployment's status says: counts, Available, Progressing.

Sources: Kubernetes `pkg/controller/deployment/` (sync.go, progress.go, util/deployment_util.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from readylb.core.rollout import max_unavailable
from readylb.model import Deployment, ReplicaSet
from readylb.model.workload import DeploymentStatus, WorkloadCondition


def status(
    deployment: Deployment, new: ReplicaSet | None, every: Sequence[ReplicaSet], now: float
) -> DeploymentStatus:
    """Return the Deployment's status from those of its ReplicaSets; `now` is epoch seconds."""
    replicas = sum(item.status.replicas for item in every)
    available = sum(item.status.available_replicas for item in every)
    counted = replace(
        deployment.status,
        replicas=replicas,
        updated_replicas=new.status.replicas if new else 0,
        ready_replicas=sum(item.status.ready_replicas for item in every),
        available_replicas=available,
        unavailable_replicas=max(0, max(replicas, deployment.spec.replicas) - available),
        observed_generation=deployment.metadata.generation,
    )
    conditions = _Conditions(deployment.status.conditions, now)
    conditions.put(_available(deployment, available))
    if new is not None:
        progress = _progress(deployment, new, counted, now)
        updated = progress.reason == "ReplicaSetUpdated" and _moved(deployment.status, counted)
        conditions.put(progress, moved=updated)
    return replace(counted, conditions=conditions.result())


def deadline_in(deployment: Deployment, now: float) -> float | None:
    """Return in how many seconds the Deployment exceeds its progress deadline, or None if it cannot."""
    condition = _find(deployment.status.conditions, "Progressing")
    if condition is None or condition.reason in {"NewReplicaSetAvailable", "ProgressDeadlineExceeded"}:
        return None
    return max(0.0, _deadline(deployment, condition) - now)


def _available(deployment: Deployment, available: int) -> WorkloadCondition:
    if available >= deployment.spec.replicas - max_unavailable(deployment):
        return WorkloadCondition(
            type="Available",
            status="True",
            reason="MinimumReplicasAvailable",
            message="Deployment has minimum availability.",
        )
    return WorkloadCondition(
        type="Available",
        reason="MinimumReplicasUnavailable",
        message="Deployment does not have minimum availability.",
    )


def _progress(
    deployment: Deployment, new: ReplicaSet, counted: DeploymentStatus, now: float
) -> WorkloadCondition:
    name = new.metadata.name
    if _complete(deployment, counted):
        text = f'ReplicaSet "{name}" has successfully progressed.'
        return _progressing("True", "NewReplicaSetAvailable", text)
    condition = _find(deployment.status.conditions, "Progressing")
    if condition is None:
        return _progressing("True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
    rolled_out = condition.reason == "NewReplicaSetAvailable"
    if rolled_out and counted.replicas == counted.updated_replicas:
        return condition  # only scaled, or a pod is not ready: that is not a rollout
    if rolled_out or _moved(deployment.status, counted):
        return _progressing("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
    if now >= _deadline(deployment, condition):
        text = f'ReplicaSet "{name}" has timed out progressing.'
        return _progressing("False", "ProgressDeadlineExceeded", text)
    return condition


def _complete(deployment: Deployment, counted: DeploymentStatus) -> bool:
    wanted = deployment.spec.replicas
    return counted.updated_replicas == counted.replicas == counted.available_replicas == wanted


def _moved(old: DeploymentStatus, new: DeploymentStatus) -> bool:
    """Say whether the rollout came further: more new, fewer old, more ready or more available pods."""
    return (
        new.updated_replicas > old.updated_replicas
        or new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
        or new.ready_replicas > old.ready_replicas
        or new.available_replicas > old.available_replicas
    )


def _deadline(deployment: Deployment, condition: WorkloadCondition) -> float:
    return (condition.last_update_time or 0.0) + deployment.spec.progress_deadline_seconds


def _progressing(status_: str, reason: str, message: str) -> WorkloadCondition:
    return WorkloadCondition(type="Progressing", status=status_, reason=reason, message=message)


def _find(conditions: Iterable[WorkloadCondition], kind: str) -> WorkloadCondition | None:
    return next((item for item in conditions if item.type == kind), None)


class _Conditions:
    """The conditions as they were, with new ones put in place and their times kept right."""

    def __init__(self, before: Iterable[WorkloadCondition], now: float) -> None:
        self._conditions = {item.type: item for item in before}
        self._now = now

    def put(self, condition: WorkloadCondition, *, moved: bool = False) -> None:
        old = self._conditions.get(condition.type)
        same = old is not None and (old.status, old.reason) == (condition.status, condition.reason)
        if old is not None and same and not moved:
            return
        since = old.last_transition_time if old and old.status == condition.status else self._now
        self._conditions[condition.type] = replace(
            condition, last_transition_time=since, last_update_time=self._now
        )

    def result(self) -> tuple[WorkloadCondition, ...]:
        return tuple(self._conditions.values())
