from __future__ import annotations

import pytest
from tests.conftest import FakeClock
from tests.control.workers.test_circles import HERE, entry, port

from readylb.control.event_sink import StoreEventSink
from readylb.control.store import Store
from readylb.control.workers.circle_watch import CircleWatch
from readylb.control.workers.ejections import Ejections
from readylb.control.workers.service_port import ServicePortState
from readylb.core.leads_back import LEADS_BACK_CONDITION
from readylb.core.passive import PassiveReason
from readylb.model import Event, Pod, Service
from readylb.model.meta import ObjectMeta
from readylb.telemetry.events import EventRecorder
from readylb.wire.messages import EndpointEntry

ELSEWHERE = ("127.0.0.1", 8081)


class World:
    def __init__(self, clock: FakeClock) -> None:
        self.store = Store(clock)
        self.ejections = Ejections()
        recorder = EventRecorder(StoreEventSink(self.store), clock.now)
        self.watch = CircleWatch(self.store, clock, recorder, self.ejections)

    def look(self, state: ServicePortState, *found: EndpointEntry) -> list[bool]:
        """Return who of the endpoints of a Service port may have traffic."""
        service = Service(metadata=ObjectMeta(name=state.service[1], namespace=state.service[0]))
        kept = self.watch.without(service, state, found, {state.key: state})
        return [item.ready for item in kept]

    def told(self) -> str:
        """Return what the pod's condition says of the Services; nothing without one."""
        found = self.store.get(Pod, "default", "at-8080").condition(LEADS_BACK_CONDITION)
        return "" if found is None else found.message.partition("no requests of ")[2]

    def events(self) -> list[str]:
        return [item.reason for item in self.store.objects(Event)]


@pytest.fixture
def world(clock: FakeClock) -> World:
    world = World(clock)
    uid = entry(*HERE).uid
    world.store.create(Pod(metadata=ObjectMeta(name="at-8080", namespace="default", uid=uid)))
    return world


def test_who_leads_back_has_no_traffic_and_its_pod_says_so_until_it_does_not(world: World) -> None:
    web = port("web", HERE)
    assert world.look(web, entry(*HERE), entry(*ELSEWHERE)) == [False, True]
    assert world.told() == "service/web:80"
    (signal,) = world.ejections.of(entry(*HERE).uid)
    assert signal.reason is PassiveReason.LEADS_BACK

    version = world.store.get(Pod, "default", "at-8080").metadata.resource_version
    world.look(web, entry(*HERE), entry(*ELSEWHERE))
    assert world.store.get(Pod, "default", "at-8080").metadata.resource_version == version
    assert world.events() == ["EndpointLeadsBack"], "told once"

    moved = port("web", ELSEWHERE)
    assert world.look(moved, entry(*HERE)) == [True]
    assert world.told() == ""
    assert world.ejections.of(entry(*HERE).uid) == ()


def test_what_is_true_of_two_services_is_said_of_both_until_one_is_gone(world: World) -> None:
    world.look(port("web", HERE), entry(*HERE))
    world.look(port("api", HERE), entry(*HERE))
    assert world.told() == "service/api:80, service/web:80"
    world.watch.forget("default/web:80")
    assert world.told() == "service/api:80"
    world.watch.forget("default/api:80")
    assert world.told() == ""


def test_a_pod_that_is_gone_or_another_of_its_name_is_told_nothing(world: World) -> None:
    world.look(port("web", HERE), entry(*HERE))
    world.store.remove(Pod, "default", "at-8080")
    world.store.create(Pod(metadata=ObjectMeta(name="at-8080", namespace="default", uid="another")))
    world.look(port("web", HERE), entry(*HERE))
    assert world.told() == ""
    world.look(port("web", HERE))
    assert repr(world.watch) == "<circles {}>"
