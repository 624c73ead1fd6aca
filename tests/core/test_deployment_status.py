from __future__ import annotations

from dataclasses import replace

from readylb.core import deployment_status
from readylb.model import Deployment, ReplicaSet
from readylb.model.meta import ObjectMeta
from readylb.model.workload import DeploymentSpec, ReplicaSetSpec, ReplicaStatus

NOW = 1000.0


def deployment(replicas: int = 4, **spec) -> Deployment:
    return Deployment(metadata=ObjectMeta(name="web"), spec=DeploymentSpec(replicas=replicas, **spec))


def a_set(name: str, wanted: int, available: int = 0) -> ReplicaSet:
    counts = ReplicaStatus(replicas=wanted, ready_replicas=available, available_replicas=available)
    return ReplicaSet(metadata=ObjectMeta(name=name), spec=ReplicaSetSpec(replicas=wanted), status=counts)


def progress(item: Deployment) -> tuple[str, str, float | None, float | None]:
    found = next(entry for entry in item.status.conditions if entry.type == "Progressing")
    return found.status, found.reason, found.last_transition_time, found.last_update_time


def after(item: Deployment, new: ReplicaSet, now: float) -> Deployment:
    return replace(item, status=deployment_status.status(item, new, [new], now))


def test_a_rollout_is_created_updated_and_available() -> None:
    item = after(deployment(2), a_set("new", 0), NOW)
    assert progress(item) == ("True", "NewReplicaSetCreated", NOW, NOW)
    item = after(item, a_set("new", 2), NOW + 1)
    assert progress(item) == ("True", "ReplicaSetUpdated", NOW, NOW + 1)
    item = after(item, a_set("new", 2, 1), NOW + 5)
    assert progress(item) == ("True", "ReplicaSetUpdated", NOW, NOW + 5)
    item = after(item, a_set("new", 2, 2), NOW + 9)
    assert progress(item) == ("True", "NewReplicaSetAvailable", NOW, NOW + 9)
    assert deployment_status.deadline_in(item, NOW + 9) is None


def test_the_deadline_runs_from_the_last_progress() -> None:
    item = after(deployment(2, progress_deadline_seconds=60), a_set("new", 0), NOW)
    item = after(item, a_set("new", 2, 1), NOW + 50)
    assert deployment_status.deadline_in(item, NOW + 70) == 40.0
    item = after(item, a_set("new", 2, 1), NOW + 110)
    assert progress(item) == ("False", "ProgressDeadlineExceeded", NOW + 110, NOW + 110)


def test_unavailable_replicas_are_those_that_are_missing() -> None:
    status = deployment_status.status(deployment(4), None, [a_set("old", 3, 2)], NOW)
    assert (status.replicas, status.available_replicas, status.unavailable_replicas) == (3, 2, 2)


def condition(item: Deployment, kind: str) -> str:
    return next(entry.status for entry in item.status.conditions if entry.type == kind)


def test_a_deployment_is_available_while_few_enough_are_missing() -> None:
    assert condition(after(deployment(4), a_set("new", 4, 3), NOW), "Available") == "True"
    assert condition(after(deployment(4), a_set("new", 4, 2), NOW), "Available") == "False"


def test_a_condition_keeps_its_time_while_nothing_changes() -> None:
    item = after(deployment(2), a_set("new", 2, 2), NOW)
    assert after(item, a_set("new", 2, 2), NOW + 30) == item


def test_without_a_replica_set_nothing_progresses() -> None:
    status = deployment_status.status(deployment(2, paused=True), None, [], NOW)
    assert [item.type for item in status.conditions] == ["Available"]
