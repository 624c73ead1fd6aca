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


def steps(
    wanted: Deployment, new: ReplicaSet | None, *old: ReplicaSet, old_pods: bool = False
) -> dict[str, int]:
    found = rollout.scales(wanted, new, old, old_pods=old_pods)
    return {step.replica_set.metadata.name: step.replicas for step in found}


def rolling(replicas: int, surge: int | str = "25%", unavailable: int | str = "25%") -> Deployment:
    update = RollingUpdateDeployment(max_surge=surge, max_unavailable=unavailable)
    return deployment(replicas, strategy=DeploymentStrategy(rolling_update=update))


def test_the_first_set_gets_all_replicas_at_once() -> None:
    assert steps(deployment(4), a_set("new", 0)) == {"new": 4}


def test_the_new_set_grows_by_the_surge_while_the_old_one_stays() -> None:
    assert steps(rolling(4, 1, 0), a_set("new", 0), a_set("old", 4, 4)) == {"new": 1}
    assert steps(rolling(4, 1, 0), a_set("new", 1), a_set("old", 4, 4)) == {}


def test_an_available_new_replica_lets_an_old_one_go() -> None:
    assert steps(rolling(4, 1, 0), a_set("new", 1, 1), a_set("old", 4, 4)) == {"old": 3}
    assert steps(rolling(4, 1, 0), a_set("new", 1, 1), a_set("old", 3, 3)) == {"new": 2}


def test_without_surge_the_old_set_shrinks_first() -> None:
    assert steps(rolling(4, 0, 1), a_set("new", 0), a_set("old", 4, 4)) == {"old": 3}


def test_old_replicas_that_are_not_available_go_first_the_oldest_set_first() -> None:
    new, older, old = a_set("new", 1), a_set("older", 1, 0), a_set("old", 4, 4)
    assert steps(rolling(4, 2, 1), new, older, old) == {"older": 0, "old": 3}


def test_a_status_that_speaks_of_an_earlier_spec_is_not_believed() -> None:
    new = a_set("new", 1, 1)
    stale = replace(new, metadata=replace(new.metadata, generation=2))
    assert steps(rolling(4, 1, 0), stale, a_set("old", 4, 4)) == {}


def test_scaling_down_takes_from_the_new_set() -> None:
    assert steps(deployment(2), a_set("new", 5, 5)) == {"new": 2}


def test_recreate_waits_until_the_old_pods_are_gone() -> None:
    item = deployment(2, strategy=DeploymentStrategy(type="Recreate"))
    assert steps(item, a_set("new", 0), a_set("old", 2, 2), old_pods=True) == {"old": 0}
    assert steps(item, a_set("new", 0), a_set("old", 0), old_pods=True) == {}
    assert steps(item, a_set("new", 0), a_set("old", 0)) == {"new": 2}


def settled(item: ReplicaSet, replicas: int, available: int) -> ReplicaSet:
    spec = replace(item.spec, replicas=replicas)
    status = replace(item.status, replicas=replicas, available_replicas=available)
    return replace(item, spec=spec, status=status)


@pytest.mark.parametrize("wanted", [1, 2, 3, 10])
@pytest.mark.parametrize(("surge", "unavailable"), [("25%", "25%"), (1, 0), (0, 1), ("100%", 0), (0, 0)])
def test_a_rolling_update_ends_and_never_leaves_its_bounds(wanted, surge, unavailable) -> None:
    item = rolling(wanted, surge, unavailable)
    new, old = a_set("new", 0), a_set("old", wanted, wanted)
    most = wanted + rollout.max_surge(item)
    least = wanted - rollout.max_unavailable(item)
    for _ in range(4 * wanted + 4):
        for step in rollout.scales(item, new, [old]):
            if step.replica_set is new:
                new = settled(new, step.replicas, new.status.available_replicas)
            else:
                old = settled(old, step.replicas, min(old.status.available_replicas, step.replicas))
        assert new.spec.replicas + old.spec.replicas <= most
        assert new.status.available_replicas + old.status.available_replicas >= least
        grown = min(new.spec.replicas, new.status.available_replicas + 1)
        new = settled(new, new.spec.replicas, grown)
    assert (new.spec.replicas, old.spec.replicas) == (wanted, 0)


def test_a_paused_deployment_scales_its_only_running_set() -> None:
    paused = deployment(2, paused=True)
    assert steps(paused, None, a_set("old", 4, 4), a_set("older", 0)) == {"old": 2}
    assert steps(paused, a_set("new", 1), a_set("old", 4, 4)) == {}


@pytest.mark.parametrize(
    ("surge", "unavailable", "expected"),
    [("25%", "25%", (3, 2)), (1, 0, (1, 0)), (0, 0, (0, 1)), ("0%", "5%", (0, 1)), (0, 99, (0, 10))],
)
def test_surge_rounds_up_unavailable_rounds_down_and_something_can_always_move(
    surge, unavailable, expected
) -> None:
    item = rolling(10, surge, unavailable)
    assert (rollout.max_surge(item), rollout.max_unavailable(item)) == expected


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
