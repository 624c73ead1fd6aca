from __future__ import annotations

import random
from dataclasses import replace

import pytest

from readylb.control.endpoints import placements
from readylb.control.endpoints.controller import TRIGGER_ANNOTATION, EndpointsController
from readylb.control.store import Store
from readylb.core.endpoint_slices import placement
from readylb.model import EndpointSlice, Pod, Service
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodStatus
from readylb.model.service import ServicePort, ServiceSpec

LABELS = {"app": "web"}


class House:
    def __init__(self, clock) -> None:
        self.clock = clock
        self.store = Store(clock)
        self.controller = EndpointsController(self.store, clock, random.Random(5))
        self.keys: list[str] = []

    def settle(self, watch) -> None:
        while changes := watch.drain():
            keys = dict.fromkeys(key for change in changes for key in self.controller.keys(change))
            for key in keys:
                self.keys.append(key[1])
                self.controller.reconcile(key)


@pytest.fixture
def house(clock):
    house = House(clock)
    with house.store.watch(*house.controller.kinds) as watch:
        house.run = lambda: house.settle(watch)
        yield house


def a_service(name: str = "web", selector: dict[str, str] | None = None) -> Service:
    spec = ServiceSpec(ports=(ServicePort(port=80, target_port=8080),), selector=selector or {})
    return Service(metadata=ObjectMeta(name=name), spec=spec)


def a_pod(labels: dict[str, str], ready: bool = True) -> Pod:
    condition = PodCondition(type="Ready", status=str(ready))
    status = PodStatus(pod_ip="127.0.0.1", conditions=(condition,))
    return Pod(metadata=ObjectMeta(name="web-a", labels=labels), status=status)


def slices(house) -> list[EndpointSlice]:
    return house.store.objects(EndpointSlice)


def relabel(house, labels: dict[str, str]) -> None:
    house.store.update(
        Pod, "default", "web-a", lambda pod: replace(pod, metadata=replace(pod.metadata, labels=labels))
    )
    house.run()


def test_a_service_gets_the_endpoints_its_selector_finds(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_pod(LABELS))
    house.run()
    assert [item.endpoints[0].conditions.ready for item in slices(house)] == [True]


def test_a_pod_whose_labels_leave_the_selector_leaves_the_slice(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_pod(LABELS))
    house.run()
    relabel(house, {"app": "other"})
    assert [item.endpoints for item in slices(house)] == [()]
    relabel(house, LABELS)
    assert [len(item.endpoints) for item in slices(house)] == [1]


def test_deletion_of_a_pod_makes_it_terminating_at_once(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_pod(LABELS))
    house.run()
    house.store.mark_deleted(Pod, "default", "web-a", 30)
    house.run()
    conditions = slices(house)[0].endpoints[0].conditions
    assert (conditions.ready, conditions.serving, conditions.terminating) == (False, True, True)


def test_the_slices_of_a_deleted_service_are_removed(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_pod(LABELS))
    house.run()
    house.store.remove(Service, "default", "web")
    house.run()
    assert slices(house) == []


def test_a_service_without_a_selector_is_left_alone(house) -> None:
    house.store.create(a_service())
    house.store.create(a_pod(LABELS))
    house.run()
    assert slices(house) == []


def test_slices_that_somebody_else_keeps_are_left_alone(house) -> None:
    labels = {"kubernetes.io/service-name": "web"}
    house.store.create(EndpointSlice(metadata=ObjectMeta(name="by-hand", labels=labels)))
    house.store.create(a_service(selector=LABELS))
    house.run()
    house.store.remove(Service, "default", "web")
    house.run()
    assert [item.metadata.name for item in slices(house)] == ["by-hand"]


def test_a_slice_that_somebody_removed_comes_back(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.run()
    house.store.remove(EndpointSlice, "default", slices(house)[0].metadata.name)
    house.run()
    assert len(slices(house)) == 1


def test_only_services_that_select_the_pod_are_looked_at(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_service("other", selector={"app": "other"}))
    house.run()
    house.keys.clear()
    house.store.create(a_pod(LABELS))
    house.run()
    assert set(house.keys) == {"web"}


def test_a_change_that_concerns_no_endpoint_writes_nothing(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_pod(LABELS))
    house.run()
    before = slices(house)
    house.clock.advance(5)
    house.store.update(
        Pod, "default", "web-a", lambda pod: replace(pod, status=replace(pod.status, message="busy"))
    )
    house.run()
    assert slices(house) == before


def test_a_slice_says_when_it_was_last_changed(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.run()
    assert slices(house)[0].metadata.annotations[TRIGGER_ANNOTATION] == "2023-11-14T22:13:20Z"


def test_one_pod_of_many_that_changes_is_the_only_one_that_is_looked_at(house, monkeypatch) -> None:
    house.store.create(a_service(selector=LABELS))
    for number in range(50):
        pod = a_pod(LABELS)
        house.store.create(replace(pod, metadata=replace(pod.metadata, name=f"web-{number}")))
    house.run()
    looked: list[str] = []

    def counted(service: Service, pod: Pod) -> placements.Placement | None:
        looked.append(pod.metadata.name)
        return placement(service, pod)

    monkeypatch.setattr(placements, "placement", counted)
    house.store.update(
        Pod, "default", "web-7", lambda pod: replace(pod, status=replace(pod.status, conditions=()))
    )
    house.run()
    assert looked == ["web-7"]
    (found,) = slices(house)
    assert [item.target_ref.name for item in found.endpoints if not item.conditions.ready] == ["web-7"]


def test_a_service_that_changes_is_looked_at_with_all_its_pods(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_pod(LABELS, ready=False))
    house.run()
    house.store.update(
        Service,
        "default",
        "web",
        lambda item: replace(item, spec=replace(item.spec, publish_not_ready_addresses=True)),
    )
    house.run()
    (found,) = slices(house)
    assert found.endpoints[0].conditions.ready


def test_a_pod_that_is_gone_is_forgotten(house) -> None:
    house.store.create(a_service(selector=LABELS))
    house.store.create(a_pod(LABELS))
    house.run()
    (known,) = house.controller._placements.values()
    assert len(known._known) == 1
    house.store.remove(Pod, "default", "web-a")
    house.run()
    assert known._known == {}
