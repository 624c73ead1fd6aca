from __future__ import annotations

from dataclasses import replace

from tests.admin.fakes import World, make_service, make_slice, make_world
from tests.conftest import FakeClock

from readylb.admin.kubernetes.endpoints import EndpointsOfServices, endpoints_of
from readylb.model import EndpointSlice
from readylb.model.endpoint_slice import Endpoint, EndpointConditions, EndpointPort


def world_with(clock: FakeClock, *slices: EndpointSlice) -> World:
    world = make_world(clock)
    world.store.create(make_service())
    for item in slices:
        world.store.create(item)
    return world


def found(world: World) -> tuple[object, ...]:
    (service,) = EndpointsOfServices().objects(world.store, "default")
    return service.subsets


def test_a_service_without_slices_has_no_subset(clock: FakeClock) -> None:
    assert found(world_with(clock)) == ()


def test_a_terminating_endpoint_is_left_out(clock: FakeClock) -> None:
    leaving = Endpoint(addresses=("10.0.0.9",), conditions=EndpointConditions(serving=True, terminating=True))
    world = world_with(clock, replace(make_slice(), endpoints=(leaving,)))
    assert found(world) == ()


def test_each_slice_is_a_subset_with_its_own_ports(clock: FakeClock) -> None:
    other = replace(make_slice(), ports=(EndpointPort(name="http", port=9090),))
    other = replace(other, metadata=replace(other.metadata, name="second"))
    subsets = found(world_with(clock, make_slice(), other))
    assert [subset.ports[0].port for subset in subsets] == [8080, 9090]


def test_slices_of_other_services_do_not_count(clock: FakeClock) -> None:
    assert found(world_with(clock, make_slice("another"))) == ()


def test_the_version_is_that_of_the_newest_part(clock: FakeClock) -> None:
    world = world_with(clock, make_slice())
    (service,) = EndpointsOfServices().objects(world.store, None)
    assert service.metadata.resource_version == str(world.store.version)
    assert endpoints_of(world.store, make_service()).metadata.name == "readiness-svc"
