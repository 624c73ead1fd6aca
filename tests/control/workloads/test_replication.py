from __future__ import annotations

import re
from dataclasses import replace

import pytest

from readylb.control.workloads.replication import BURST, Replication
from readylb.model import Pod, ReplicaSet, ReplicationController
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodPhase, PodSpec, PodTemplateSpec
from readylb.model.workload import LabelSelector, ReplicaSetSpec, ReplicationControllerSpec

LABELS = {"app": "web"}
TEMPLATE = PodTemplateSpec(metadata=ObjectMeta(labels=LABELS, annotations={"a": "b"}), spec=PodSpec())


def rc(replicas: int = 2, **spec) -> ReplicationController:
    return ReplicationController(
        metadata=ObjectMeta(name="web"),
        spec=ReplicationControllerSpec(replicas=replicas, template=TEMPLATE, **spec),
    )


def rs(replicas: int = 2, **spec) -> ReplicaSet:
    return ReplicaSet(
        metadata=ObjectMeta(name="web"),
        spec=ReplicaSetSpec(
            replicas=replicas, selector=LabelSelector(match_labels=LABELS), template=TEMPLATE, **spec
        ),
    )


@pytest.fixture(params=[rc, rs], ids=["ReplicationController", "ReplicaSet"])
def make(request):
    return request.param


def scale(house, kind, replicas: int) -> None:
    house.store.update(
        kind, "default", "web", lambda item: replace(item, spec=replace(item.spec, replicas=replicas))
    )
    house.settle()


def relabel(house, pod: Pod, labels: dict[str, str]) -> None:
    house.store.update(
        Pod,
        "default",
        pod.metadata.name,
        lambda item: replace(item, metadata=replace(item.metadata, labels=labels)),
    )
    house.settle()


def test_the_wanted_pods_are_made_from_the_template(house, make) -> None:
    owner = house.store.create(make(3))
    house.settle()
    assert len(house.pods()) == 3
    for pod in house.pods():
        assert re.fullmatch(r"web-[bcdfghjklmnpqrstvwxz2456789]{5}", pod.metadata.name)
        assert (pod.metadata.labels, pod.metadata.annotations) == (LABELS, {"a": "b"})
        reference = pod.metadata.controller
        assert (reference.kind, reference.uid) == (owner.KIND, owner.metadata.uid)
        assert pod.metadata.generate_name == "web-"


def test_each_creation_is_an_event_signed_by_the_controller(house) -> None:
    house.store.create(rc(1))
    house.settle()
    name = house.names()[0]
    assert house.recorder.lines == [
        f"replication-controller ReplicationController/web Normal SuccessfulCreate Created pod: {name}"
    ]


def test_a_replica_sets_events_are_signed_by_its_own_controller(house) -> None:
    house.store.create(rs(1))
    house.settle()
    assert house.recorder.lines[0].startswith("replicaset-controller ReplicaSet/web Normal")


def test_a_terminating_pod_is_replaced_before_it_is_gone(house, make) -> None:
    house.store.create(make(2))
    house.settle()
    house.store.mark_deleted(Pod, "default", house.names()[0], 30)
    house.settle()
    assert [pod.terminating for pod in house.pods()] == [True, False, False]


def test_a_pod_that_vanished_is_replaced(house, make) -> None:
    house.store.create(make(2))
    house.settle()
    house.store.remove(Pod, "default", house.names()[0])
    house.settle()
    assert len(house.pods()) == 2


def test_a_finished_pod_is_replaced(house, make) -> None:
    house.store.create(make(1))
    house.settle()
    failed = lambda pod: replace(pod, status=replace(pod.status, phase=PodPhase.FAILED))  # noqa: E731 -- one use
    house.store.update(Pod, "default", house.names()[0], failed)
    house.settle()
    assert [pod.finished for pod in house.pods()] == [True, False]


def test_scaling_down_deletes_the_pod_that_is_not_ready(house, make) -> None:
    owner = house.store.create(make(3))
    house.settle()
    first, second, third = house.pods()
    house.make_ready(first, third)
    house.settle()
    scale(house, type(owner), 2)
    assert [pod.metadata.name for pod in house.pods() if pod.terminating] == [second.metadata.name]
    assert house.recorder.lines[-1].endswith(f"SuccessfulDelete Deleted pod: {second.metadata.name}")


def test_a_deleted_pod_gets_the_grace_period_of_its_spec(house, make) -> None:
    owner = house.store.create(make(1))
    house.settle()
    scale(house, type(owner), 0)
    assert house.pods()[0].metadata.deletion_timestamp == house.clock.now() + 30


def test_scaling_up_adds_pods_and_keeps_the_old_ones(house, make) -> None:
    owner = house.store.create(make(1))
    house.settle()
    before = house.names()
    scale(house, type(owner), 3)
    assert len(house.names()) == 3
    assert house.names()[:1] == before


def test_removing_the_owner_deletes_its_pods(house, make) -> None:
    owner = house.store.create(make(2))
    house.settle()
    house.store.remove(type(owner), "default", "web")
    house.settle()
    assert [pod.terminating for pod in house.pods()] == [True, True]


def test_marking_the_owner_deleted_deletes_its_pods_and_the_owner(house, make) -> None:
    owner = house.store.create(make(2))
    house.settle()
    house.store.mark_deleted(type(owner), "default", "web", 0)
    house.settle()
    assert [pod.terminating for pod in house.pods()] == [True, True]
    assert house.store.find(type(owner), "default", "web") is None


def test_an_owner_made_anew_does_not_keep_the_pods_of_the_one_before(house, make) -> None:
    owner = house.store.create(make(1))
    house.settle()
    house.store.remove(type(owner), "default", "web")
    house.store.create(make(1))
    house.settle()
    assert [pod.terminating for pod in house.pods()] == [True, False]


def test_an_orphan_that_matches_is_adopted(house, make) -> None:
    house.store.create(Pod(metadata=ObjectMeta(name="lonely", labels=LABELS)))
    owner = house.store.create(make(2))
    house.settle()
    assert len(house.pods()) == 2
    assert house.store.get(Pod, "default", "lonely").metadata.controller.uid == owner.metadata.uid


def test_a_late_orphan_is_adopted_and_the_surplus_deleted(house, make) -> None:
    house.store.create(make(1))
    house.settle()
    house.make_ready()
    house.store.create(Pod(metadata=ObjectMeta(name="lonely", labels=LABELS)))
    house.settle()
    assert [pod.metadata.name for pod in house.pods() if pod.terminating] == ["lonely"]


def test_a_pod_whose_labels_left_the_selector_is_let_go_and_replaced(house, make) -> None:
    house.store.create(make(1))
    house.settle()
    pod = house.pods()[0]
    relabel(house, pod, {"app": "quarantine"})
    assert len(house.pods()) == 2
    assert house.pods()[0].metadata.owner_references == ()
    assert not house.pods()[0].terminating


def test_status_counts_ready_and_available_replicas(house, make) -> None:
    owner = house.store.create(make(2))
    house.settle()
    house.make_ready(house.pods()[0])
    house.settle()
    status = house.store.get(type(owner), "default", "web").status
    assert (status.replicas, status.fully_labeled_replicas) == (2, 2)
    assert (status.ready_replicas, status.available_replicas, status.observed_generation) == (1, 1, 1)


def test_a_replica_is_available_only_after_min_ready_seconds(house, make) -> None:
    owner = house.store.create(make(1, min_ready_seconds=10))
    house.settle()
    house.make_ready()
    house.settle()
    assert house.store.get(type(owner), "default", "web").status.available_replicas == 0
    assert set(house.again) == {10.0}
    house.clock.advance(10.0)
    for controller in house.controllers:
        controller.reconcile(("default", "web"))
    assert house.store.get(type(owner), "default", "web").status.available_replicas == 1


def test_reconciling_again_changes_nothing(house, make) -> None:
    house.store.create(make(3))
    house.settle()
    version = house.store.version
    for controller in house.controllers:
        controller.reconcile(("default", "web"))
    assert house.store.version == version


def keeper_of(house, owner) -> Replication:
    return next(item for item in house.controllers if item.kinds == (type(owner), Pod))


def test_many_pods_come_and_go_a_few_at_a_time(house, make) -> None:
    """So that the end of a child elsewhere is seen in between."""
    owner = house.store.create(make(BURST + 3))
    controller = keeper_of(house, owner)
    key = ("default", "web")
    assert controller.reconcile(key) == 0.0
    assert len(house.pods()) == BURST
    assert controller.reconcile(key) is None
    assert len(set(house.names())) == BURST + 3
    house.store.update(
        type(owner), "default", "web", lambda item: replace(item, spec=replace(item.spec, replicas=1))
    )
    assert controller.reconcile(key) == 0.0
    assert sum(pod.terminating for pod in house.pods()) == BURST
    assert controller.reconcile(key) is None
    assert sum(not pod.terminating for pod in house.pods()) == 1


def test_the_many_pods_of_an_owner_that_is_gone_go_a_few_at_a_time(house, make) -> None:
    owner = house.store.create(make(BURST + 3))
    house.settle()
    house.store.remove(type(owner), "default", "web")
    controller = keeper_of(house, owner)
    assert controller.reconcile(("default", "web")) == 0.0
    assert sum(pod.terminating for pod in house.pods()) == BURST
    assert controller.reconcile(("default", "web")) is None
    assert all(pod.terminating for pod in house.pods())
