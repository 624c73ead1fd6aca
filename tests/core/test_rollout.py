from __future__ import annotations

from dataclasses import replace

import pytest

from readylb.core import rollout
from readylb.model import Deployment, ReplicaSet
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import (
    REVISION_ANNOTATION,
    DeploymentSpec,
    DeploymentStrategy,
    ReplicaSetSpec,
    ReplicaStatus,
    RollingUpdateDeployment,
)

NOW = 1000.0


def deployment(replicas: int = 4, **spec) -> Deployment:
    return Deployment(metadata=ObjectMeta(name="web"), spec=DeploymentSpec(replicas=replicas, **spec))


def a_set(name: str, wanted: int, available: int = 0, revision: int = 1) -> ReplicaSet:
    return ReplicaSet(
        metadata=ObjectMeta(name=name, annotations={REVISION_ANNOTATION: str(revision)}),
        spec=ReplicaSetSpec(replicas=wanted),
        status=ReplicaStatus(replicas=wanted, ready_replicas=available, available_replicas=available),
    )


def steps(wanted: Deployment, new: ReplicaSet | None, *old: ReplicaSet) -> dict[str, int]:
    return {step.replica_set.metadata.name: step.replicas for step in rollout.scales(wanted, new, old)}


def test_the_new_set_comes_up_whole_while_the_old_one_stays() -> None:
    assert steps(deployment(), a_set("new", 0), a_set("old", 4, 4)) == {"new": 4}


def test_the_old_sets_go_when_the_new_one_is_available() -> None:
    assert steps(deployment(), a_set("new", 4, 3), a_set("old", 4, 4)) == {}
    assert steps(deployment(), a_set("new", 4, 4), a_set("old", 4, 4)) == {"old": 0}


def test_a_status_that_speaks_of_an_earlier_spec_is_not_believed() -> None:
    new = a_set("new", 4, 4)
    new = replace(new, metadata=replace(new.metadata, generation=2))
    assert steps(deployment(), new, a_set("old", 4, 4)) == {}


def test_a_paused_deployment_scales_its_only_running_set() -> None:
    paused = deployment(2, paused=True)
    assert steps(paused, None, a_set("old", 4, 4), a_set("older", 0)) == {"old": 2}
    assert steps(paused, a_set("new", 1), a_set("old", 4, 4)) == {}


@pytest.mark.parametrize(
    ("surge", "unavailable", "expected"),
    [("25%", "25%", 2), (1, 0, 0), (0, 0, 1), ("0%", "5%", 1), (0, 99, 10)],
)
def test_percentages_round_down_and_something_can_always_move(surge, unavailable, expected) -> None:
    rolling = RollingUpdateDeployment(max_surge=surge, max_unavailable=unavailable)
    strategy = DeploymentStrategy(rolling_update=rolling)
    assert rollout.max_unavailable(deployment(10, strategy=strategy)) == expected


def test_recreate_leaves_none_unavailable_in_the_condition() -> None:
    assert rollout.max_unavailable(deployment(10, strategy=DeploymentStrategy(type="Recreate"))) == 0


def test_only_empty_sets_expire_the_oldest_first() -> None:
    old = [a_set("r3", 0, revision=3), a_set("r1", 0, revision=1), a_set("r2", 1, revision=2)]
    expired = rollout.expired(deployment(revision_history_limit=1), old)
    assert [item.metadata.name for item in expired] == ["r1"]


def test_a_set_matches_whatever_hash_its_pods_carry() -> None:
    labels = {"app": "web"}
    item = ReplicaSet(
        spec=ReplicaSetSpec(
            template=PodTemplateSpec(
                metadata=ObjectMeta(labels={**labels, "pod-template-hash": "5cc89fd495"})
            )
        )
    )
    wanted = deployment(template=PodTemplateSpec(metadata=ObjectMeta(labels=labels)))
    assert rollout.matching(wanted, [item]) is item
    assert rollout.matching(deployment(), [item]) is None


def progress(item: Deployment) -> tuple[str, str, float | None, float | None]:
    found = next(entry for entry in item.status.conditions if entry.type == "Progressing")
    return found.status, found.reason, found.last_transition_time, found.last_update_time


def after(item: Deployment, new: ReplicaSet, now: float) -> Deployment:
    return replace(item, status=rollout.status(item, new, [new], now))


def test_a_rollout_is_created_updated_and_available() -> None:
    item = after(deployment(2), a_set("new", 0), NOW)
    assert progress(item) == ("True", "NewReplicaSetCreated", NOW, NOW)
    item = after(item, a_set("new", 2), NOW + 1)
    assert progress(item) == ("True", "ReplicaSetUpdated", NOW, NOW + 1)
    item = after(item, a_set("new", 2, 1), NOW + 5)
    assert progress(item) == ("True", "ReplicaSetUpdated", NOW, NOW + 5)
    item = after(item, a_set("new", 2, 2), NOW + 9)
    assert progress(item) == ("True", "NewReplicaSetAvailable", NOW, NOW + 9)
    assert rollout.deadline_in(item, NOW + 9) is None


def test_the_deadline_runs_from_the_last_progress() -> None:
    item = after(deployment(2, progress_deadline_seconds=60), a_set("new", 0), NOW)
    item = after(item, a_set("new", 2, 1), NOW + 50)
    assert rollout.deadline_in(item, NOW + 70) == 40.0
    item = after(item, a_set("new", 2, 1), NOW + 110)
    assert progress(item) == ("False", "ProgressDeadlineExceeded", NOW + 110, NOW + 110)


def test_unavailable_replicas_are_those_that_are_missing() -> None:
    status = rollout.status(deployment(4), None, [a_set("old", 3, 2)], NOW)
    assert (status.replicas, status.available_replicas, status.unavailable_replicas) == (3, 2, 2)
