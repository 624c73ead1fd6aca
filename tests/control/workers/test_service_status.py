from __future__ import annotations

from ipaddress import ip_address

import pytest
from tests.conftest import FakeClock

from readylb.control.store import Store
from readylb.control.workers.service_status import write
from readylb.model import Service
from readylb.model.meta import ObjectMeta
from readylb.model.service import ServicePort, ServiceSpec


def written(clock: FakeClock, bind: str, *, listening: bool = True, **spec: str) -> Service:
    store = Store(clock)
    ports = (ServicePort(port=80),)
    service = store.create(
        Service(metadata=ObjectMeta(name="web"), spec=ServiceSpec(ports=ports, **spec))  # type: ignore[arg-type]
    )
    write(store, service, bind, listening=listening)
    version = store.version
    write(store, service, bind, listening=listening)
    assert store.version == version  # saying it again changes nothing
    return store.get(Service, "default", "web")


def test_a_load_balancer_shows_the_address_that_it_is_bound_to(clock: FakeClock) -> None:
    service = written(clock, "127.0.0.3", type="LoadBalancer")
    assert service.status.load_balancer.ingress[0].ip == service.spec.cluster_ip == "127.0.0.3"


def test_one_that_does_not_listen_is_pending(clock: FakeClock) -> None:
    assert written(clock, "127.0.0.1", type="LoadBalancer", listening=False).status == Service().status


def test_other_types_have_no_ingress(clock: FakeClock) -> None:
    service = written(clock, "127.0.0.1", type="NodePort")
    assert (service.status.load_balancer.ingress, service.spec.cluster_ips) == ((), ("127.0.0.1",))


@pytest.mark.parametrize("bind", ["0.0.0.0", "::"])
def test_bound_everywhere_it_shows_an_address_that_can_be_used(clock: FakeClock, bind: str) -> None:
    service = written(clock, bind, type="LoadBalancer")
    assert ip_address(service.spec.cluster_ip).is_loopback
    assert not ip_address(service.status.load_balancer.ingress[0].ip).is_unspecified


def test_an_address_of_the_manifest_is_kept(clock: FakeClock) -> None:
    assert written(clock, "127.0.0.1", cluster_ip="10.0.0.7").spec.cluster_ip == "10.0.0.7"
