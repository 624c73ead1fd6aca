from __future__ import annotations

import random

import pytest
from tests.conftest import FakeClock

from readylb.control.store import Store
from readylb.control.workers.node_port_assigner import NodePortAssigner
from readylb.model import Service
from readylb.model.meta import ObjectMeta
from readylb.model.service import ServicePort, ServiceSpec


@pytest.fixture
def store(clock: FakeClock) -> Store:
    return Store(clock)


def make(store: Store, *ports: ServicePort, **spec: object) -> Service:
    made = ServiceSpec(ports=ports or (ServicePort(port=80),), **{"type": "LoadBalancer", **spec})  # type: ignore[arg-type]
    return store.create(Service(metadata=ObjectMeta(name="web"), spec=made))


def node_ports(service: Service) -> list[int]:
    return [port.node_port for port in service.spec.ports]


def test_each_tcp_port_gets_its_own_once(store: Store) -> None:
    ports = (
        ServicePort(port=80, name="a"),
        ServicePort(port=81, name="b"),
        ServicePort(port=82, name="u", protocol="UDP"),
    )
    assigner = NodePortAssigner(store, random.Random(1), ())
    service = assigner.assign(make(store, *ports), "127.0.0.1")
    first, second, none = node_ports(service)
    assert len({first, second, 0}) == 3
    assert none == 0
    assert assigner.assign(service, "127.0.0.1") is service
    assert store.get(Service, "default", "web") == service


@pytest.mark.parametrize("spec", [{"type": "ClusterIP"}, {"allocate_load_balancer_node_ports": False}])
def test_who_asks_for_none_gets_none(store: Store, spec: dict[str, object]) -> None:
    service = make(store, **spec)
    assert NodePortAssigner(store, random.Random(1), ()).assign(service, "127.0.0.1") is service


def test_reserved_ports_are_not_chosen(store: Store) -> None:
    first = random.Random(1).randint(30000, 32767)
    service = NodePortAssigner(store, random.Random(1), (first,)).assign(make(store), "127.0.0.1")
    assert node_ports(service) != [first]


def test_a_chosen_port_is_given_up_and_another_taken(store: Store) -> None:
    assigner = NodePortAssigner(store, random.Random(1), ())
    service = assigner.assign(make(store), "127.0.0.1")
    (first,) = node_ports(service)
    assert assigner.give_up(service, first)
    again = assigner.assign(store.get(Service, "default", "web"), "127.0.0.1")
    assert node_ports(again) not in ([0], [first])


def test_the_manifests_port_is_not_given_up(store: Store) -> None:
    service = make(store, ServicePort(port=80, node_port=30123))
    assigner = NodePortAssigner(store, random.Random(1), ())
    assert not assigner.give_up(service, 30123)
    assigner.forget("default", "web")
    assert node_ports(store.get(Service, "default", "web")) == [30123]
