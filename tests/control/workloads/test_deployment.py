from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from readylb.model import Deployment, Pod, ReplicaSet
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.workload import (
    REVISION_ANNOTATION,
    REVISION_HISTORY_ANNOTATION,
    DeploymentSpec,
    DeploymentStrategy,
    LabelSelector,
)

LABELS = {"app": "web"}


def template(image: str) -> PodTemplateSpec:
    containers = (Container(name="app", image=image),)
    return PodTemplateSpec(metadata=ObjectMeta(labels=LABELS), spec=PodSpec(containers=containers))


def deploy(house, replicas: int = 2, **spec) -> Deployment:
    item = Deployment(
        metadata=ObjectMeta(name="web"),
        spec=DeploymentSpec(
            replicas=replicas,
            selector=LabelSelector(match_labels=LABELS),
            template=template("v1"),
            **spec,
        ),
    )
    created = house.store.create(item)
    house.settle()
    return created


def change(house, **spec) -> None:
    house.store.update(
        Deployment, "default", "web", lambda item: replace(item, spec=replace(item.spec, **spec))
    )
    house.settle()


def sets(house) -> list[ReplicaSet]:
    return house.store.objects(ReplicaSet)


def now(house) -> Deployment:
    return house.store.get(Deployment, "default", "web")


def conditions(house) -> dict[str, tuple[str, str, str]]:
    return {item.type: (item.status, item.reason, item.message) for item in now(house).status.conditions}


def test_names_are_name_hash_suffix(house) -> None:
    deploy(house)
    assert re.fullmatch(r"web-[bcdfghjklmnpqrstvwxz2456789]{7,10}", sets(house)[0].metadata.name)
    for name in house.names():
        assert name.startswith(sets(house)[0].metadata.name + "-")


def test_the_hash_is_a_label_of_the_set_its_selector_and_its_pods(house) -> None:
    deploy(house)
    item = sets(house)[0]
    digest = item.metadata.name.removeprefix("web-")
    expected = {"app": "web", "pod-template-hash": digest}
    assert item.metadata.labels == item.spec.selector.match_labels == expected
    assert {tuple(pod.metadata.labels.items()) for pod in house.pods()} == {tuple(expected.items())}


def test_the_first_scaling_is_told_from_zero(house) -> None:
    deploy(house)
    name = sets(house)[0].metadata.name
    assert house.recorder.lines[0] == (
        "deployment-controller Deployment/web Normal ScalingReplicaSet "
        f"Scaled up replica set {name} from 0 to 2"
    )


def test_revisions_are_counted_on_both(house) -> None:
    deploy(house)
    assert now(house).metadata.annotations[REVISION_ANNOTATION] == "1"
    change(house, template=template("v2"))
    assert [item.metadata.annotations[REVISION_ANNOTATION] for item in sets(house)] == ["1", "2"]
    assert now(house).metadata.annotations[REVISION_ANNOTATION] == "2"


def test_a_template_that_comes_back_gets_the_next_revision_and_keeps_its_history(house) -> None:
    deploy(house)
    change(house, template=template("v2"))
    change(house, template=template("v1"))
    first, second = sets(house)
    assert first.metadata.annotations == {REVISION_ANNOTATION: "3", REVISION_HISTORY_ANNOTATION: "1"}
    assert second.metadata.annotations == {REVISION_ANNOTATION: "2"}
    assert now(house).metadata.annotations == {REVISION_ANNOTATION: "3"}


def test_the_cause_of_a_change_is_kept_with_the_revision_it_made(house) -> None:
    cause = "kubernetes.io/change-cause"
    deploy(house)
    change(house, template=template("v2"))
    house.store.update(
        Deployment,
        "default",
        "web",
        lambda item: replace(
            item, metadata=replace(item.metadata, annotations={**item.metadata.annotations, cause: "v2"})
        ),
    )
    house.settle()
    assert [item.metadata.annotations.get(cause) for item in sets(house)] == [None, "v2"]


def test_a_new_deployment_is_unavailable_and_progressing(house) -> None:
    deploy(house)
    name = sets(house)[0].metadata.name
    assert conditions(house)["Available"][:2] == ("False", "MinimumReplicasUnavailable")
    assert conditions(house)["Progressing"] == (
        "True",
        "ReplicaSetUpdated",
        f'ReplicaSet "{name}" is progressing.',
    )


def test_with_all_replicas_ready_it_is_available_and_complete(house) -> None:
    deploy(house)
    house.make_ready()
    house.settle()
    status, name = now(house).status, sets(house)[0].metadata.name
    assert (status.replicas, status.updated_replicas, status.ready_replicas) == (2, 2, 2)
    assert (status.available_replicas, status.unavailable_replicas) == (2, 0)
    assert conditions(house) == {
        "Available": ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        "Progressing": (
            "True",
            "NewReplicaSetAvailable",
            f'ReplicaSet "{name}" has successfully progressed.',
        ),
    }


def test_scaling_goes_to_the_set_and_is_told(house) -> None:
    deploy(house)
    change(house, replicas=4)
    assert len(house.pods()) == 4
    assert sum("from 2 to 4" in line for line in house.recorder.lines) == 1
    change(house, replicas=0)
    assert all(pod.terminating for pod in house.pods())
    assert any("Scaled down replica set" in line and "from 4 to 0" in line for line in house.recorder.lines)


def roll(house, watch=lambda: None) -> None:
    """Let pods become ready one by one, and terminating ones end, until nothing more happens."""
    for _ in range(50):
        house.finish_deletions()
        house.settle()
        waiting = [pod for pod in house.pods() if not pod.ready and not pod.terminating]
        if not waiting and not any(pod.terminating for pod in house.pods()):
            return
        if waiting:
            house.make_ready(waiting[0])
        house.settle()
        watch()


def test_a_rolling_update_keeps_the_wanted_number_available(house) -> None:
    deploy(house, replicas=3)
    house.make_ready()
    house.settle()
    old, lowest = set(house.names()), []

    def watch() -> None:
        lowest.append(sum(pod.ready and not pod.terminating for pod in house.pods()))

    change(house, template=template("v2"))
    assert len(house.pods()) == 4  # 25 % surge of three is one
    roll(house, watch)
    assert min(lowest) >= 3
    assert [item.spec.replicas for item in sets(house)] == [0, 3]
    assert old.isdisjoint(house.names())
    assert conditions(house)["Progressing"][1] == "NewReplicaSetAvailable"


def test_each_step_of_a_rollout_is_told(house) -> None:
    deploy(house, replicas=1)
    house.make_ready()
    house.settle()
    change(house, template=template("v2"))
    roll(house)
    old, new = (item.metadata.name for item in sets(house))
    told = [line.partition("ScalingReplicaSet ")[2] for line in house.recorder.lines if "Scaled" in line]
    assert told == [
        f"Scaled up replica set {old} from 0 to 1",
        f"Scaled up replica set {new} from 0 to 1",
        f"Scaled down replica set {old} from 1 to 0",
    ]


def test_recreate_starts_the_new_pods_when_the_old_ones_are_gone(house) -> None:
    deploy(house, strategy=DeploymentStrategy(type="Recreate"))
    house.make_ready()
    house.settle()
    old = house.names()
    change(house, template=template("v2"))
    assert house.names() == old
    assert all(pod.terminating for pod in house.pods())
    house.finish_deletions()
    house.settle()
    assert len(house.names()) == 2
    assert set(old).isdisjoint(house.names())


def test_going_back_to_an_old_template_uses_its_set_with_a_new_revision(house) -> None:
    deploy(house)
    change(house, template=template("v2"))
    change(house, template=template("v1"))
    assert len(sets(house)) == 2
    assert [item.metadata.annotations[REVISION_ANNOTATION] for item in sets(house)] == ["3", "2"]


def test_empty_sets_beyond_the_history_limit_are_removed(house) -> None:
    deploy(house, replicas=0, revision_history_limit=1)
    for version in ("v2", "v3", "v4"):
        change(house, template=template(version))
    images = [item.spec.template.spec.containers[0].image for item in sets(house)]
    assert images == ["v3", "v4"]


def test_a_paused_deployment_scales_but_does_not_roll(house) -> None:
    deploy(house)
    change(house, paused=True, template=template("v2"), replicas=3)
    assert [item.spec.replicas for item in sets(house)] == [3]
    change(house, paused=False)
    assert len(sets(house)) == 2


def test_no_progress_within_the_deadline_is_told(house) -> None:
    deploy(house, progress_deadline_seconds=60)
    assert house.again[-1] == 60.0
    house.clock.advance(60.0)
    house.controllers[0].reconcile(("default", "web"))
    assert conditions(house)["Progressing"][:2] == ("False", "ProgressDeadlineExceeded")


def test_a_replica_that_stops_being_ready_is_no_rollout(house) -> None:
    deploy(house)
    house.make_ready()
    house.settle()
    name = house.names()[0]
    house.store.update(
        Pod, "default", name, lambda pod: replace(pod, status=replace(pod.status, conditions=()))
    )
    house.settle()
    assert now(house).status.available_replicas == 1
    assert conditions(house)["Available"][0] == "False"
    assert conditions(house)["Progressing"][1] == "NewReplicaSetAvailable"


def test_removing_it_removes_its_sets_and_deletes_its_pods(house) -> None:
    deploy(house)
    house.store.remove(Deployment, "default", "web")
    house.settle()
    assert sets(house) == []
    assert all(pod.terminating for pod in house.pods())


def test_marking_it_deleted_does_the_same(house) -> None:
    deploy(house)
    house.store.mark_deleted(Deployment, "default", "web", 0)
    house.settle()
    assert house.store.objects(Deployment) == sets(house) == []
    assert all(pod.terminating for pod in house.pods())


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_on_the_way_the_wanted_state_is_reached(house, seed) -> None:
    rng = random.Random(seed)
    deploy(house, replicas=3)
    for _ in range(40):
        _disturb(house, rng)
        house.clock.advance(1)
        house.settle()
    change(house, paused=False)
    roll(house)
    status, wanted = now(house).status, now(house).spec
    assert status.replicas == status.updated_replicas == status.available_replicas == wanted.replicas
    assert all(pod.spec == wanted.template.spec for pod in house.pods())
    assert conditions(house)["Progressing"][1] == "NewReplicaSetAvailable"


def _disturb(house, rng: random.Random) -> None:
    pod = rng.choice(house.pods() or [None])
    match rng.randrange(7):
        case 0:
            change(house, replicas=rng.randrange(6))
        case 1:
            change(house, template=template(f"v{rng.randrange(4)}"))
        case 2:
            strategy = DeploymentStrategy(type=rng.choice(["Recreate", "RollingUpdate"]))
            change(house, paused=rng.random() < 0.3, strategy=strategy)
        case 3:
            house.finish_deletions()
        case 4 if pod:
            house.make_ready(pod)
        case 5 if pod:
            house.store.mark_deleted(Pod, "default", pod.metadata.name, 30)
        case 6 if pod:
            house.store.remove(Pod, "default", pod.metadata.name)
