from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from tests.conftest import FakeClock

from readylb.control import controller
from readylb.control.endpoints.controller import EndpointsController
from readylb.control.event_sink import StoreEventSink
from readylb.control.store import Store
from readylb.control.tasks import TaskGroup
from readylb.control.workers.link import Link, LinkSettings
from readylb.core.drained import DRAINED, with_drained
from readylb.core.leads_back import LEADS_BACK_CONDITION
from readylb.model import Event, Pod, PodTraffic, Service, Suspicion
from readylb.model.container import Container, ContainerPort, ContainerStatus
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodPhase, PodSpec, PodStatus
from readylb.model.probe import Probe
from readylb.model.service import ServicePort, ServiceSpec
from readylb.telemetry.events import EventRecorder
from readylb.telemetry.metrics import Metrics
from readylb.wire.channel import memory_channel
from readylb.wire.codec import Message
from readylb.wire.messages import (
    Address,
    EndpointsApplied,
    EndpointStats,
    Hello,
    Limits,
    ListenFailed,
    Listening,
    PassiveReport,
    RemoveService,
    ServiceRemoved,
    ServiceStats,
    SetEndpoints,
    SetService,
    Stats,
)

M = TypeVar("M", bound=Message)


class World:
    """A link, the endpoints controller, and a worker that listens wherever it is told to."""

    def __init__(self, clock: FakeClock, settings: LinkSettings) -> None:
        self.clock = clock
        self.store = Store(clock)
        self.metrics = Metrics()
        control, self.worker = memory_channel()
        recorder = EventRecorder(StoreEventSink(self.store), clock.now)
        self.link = Link(self.store, clock, control, recorder, self.metrics, settings, random.Random(7))
        self.sent: list[Message] = []
        self.refuse: dict[int, int] = {}
        self.faults: list[BaseException] = []
        self.tasks = TaskGroup("test", self.faults.append)

    def start(self) -> None:
        self.worker.listen(self._obey)
        self.tasks.spawn("link", self.link.run())
        self.tasks.spawn("endpoints", controller.run(self.store, EndpointsController(self.store, self.clock)))

    def _obey(self, message: Message) -> None:
        self.sent.append(message)
        if isinstance(message, SetService):
            for address in message.listen:
                number = self.refuse.get(address.port)
                if number is None:
                    self.worker.send(Listening(message.key, replace_port(address)))
                else:
                    self.worker.send(ListenFailed(message.key, address, number, "In Use"))

    async def settle(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)

    def take(self, kind: type[M]) -> list[M]:
        """Return the messages of a kind since the last call, and forget all."""
        found = [message for message in self.sent if isinstance(message, kind)]
        self.sent.clear()
        return found

    def events(self) -> list[tuple[str, str]]:
        return [(event.reason, event.message) for event in self.store.objects(Event)]

    def service(self, name: str = "web") -> Service:
        return self.store.get(Service, "default", name)

    def set_ready(self, name: str, ready: bool) -> None:
        self.store.update(Pod, "default", name, lambda pod: with_ready(pod, ready))


def replace_port(address: Address) -> Address:
    return address if address.port else Address(address.host, 45678)


def make_service(name: str = "web", port: int = 80, **spec: object) -> Service:
    ports = spec.pop("ports", (ServicePort(port=port, target_port=8080),))
    annotations = spec.pop("annotations", {})
    return Service(
        metadata=ObjectMeta(name=name, annotations=annotations),  # type: ignore[arg-type]
        spec=ServiceSpec(selector={"app": "web"}, ports=ports, **spec),  # type: ignore[arg-type]
    )


def make_pod(name: str, *, ready: bool = True, period: int = 5) -> Pod:
    container = Container(
        name="c",
        ports=(ContainerPort(container_port=8080),),
        readiness_probe=Probe(period_seconds=period),
    )
    pod = Pod(
        metadata=ObjectMeta(name=name, uid=f"uid-{name}", labels={"app": "web"}),
        spec=PodSpec(containers=(container,)),
        status=PodStatus(
            phase=PodPhase.RUNNING,
            pod_ip="127.0.0.1",
            container_statuses=(ContainerStatus(name="c", started=True),),
        ),
    )
    return with_ready(pod, ready)


def with_ready(pod: Pod, ready: bool) -> Pod:
    condition = PodCondition(type="Ready", status=str(ready))
    return replace(pod, status=replace(pod.status, conditions=(condition,)))


@pytest.fixture
async def make_world(clock: FakeClock) -> AsyncIterator[Callable[..., World]]:
    made: list[World] = []

    def make(settings: LinkSettings | None = None) -> World:
        world = World(clock, settings or LinkSettings())
        made.append(world)
        return world

    yield make
    for world in made:
        await world.tasks.stop()
        assert world.faults == []


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


async def started(world: World) -> None:
    world.start()
    async with asyncio.timeout(5):
        await world.link.started()
    await world.settle()


async def test_a_service_and_its_endpoints_are_said_once(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    assert [type(message) for message in world.sent].count(SetService) == 1
    (settings,) = [message for message in world.sent if isinstance(message, SetService)]
    assert settings.listen == (Address("127.0.0.1", 80),)
    assert (settings.key, settings.name) == ("default/web:80", "default/web")
    assert (settings.protocol, settings.policy, settings.limits) == ("auto", "round_robin", Limits())
    last = world.take(SetEndpoints)[-1]
    assert [(entry.uid, entry.name, entry.host, entry.port) for entry in last.endpoints] == [
        ("uid-a", "a", "127.0.0.1", 8080)
    ]
    world.store.update(Service, "default", "web", lambda item: item)
    await world.settle()
    assert world.sent == []


async def test_an_endpoint_that_is_not_ready_any_more_is_excluded_without_delay(world: World) -> None:
    world.store.create(make_service())
    for name in ("a", "b"):
        world.store.create(make_pod(name))
    await started(world)
    before = world.take(SetEndpoints)[-1].generation
    world.set_ready("a", False)
    await world.settle()
    (message,) = world.take(SetEndpoints)
    assert message.generation == before + 1
    assert [(entry.name, entry.ready) for entry in message.endpoints] == [("a", False), ("b", True)]
    assert message.no_ready_reason == ""
    world.set_ready("a", True)
    await world.settle()
    assert all(entry.ready for entry in world.take(SetEndpoints)[-1].endpoints)


async def test_without_a_ready_endpoint_clients_are_told_why_and_when_to_come_back(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a", ready=False, period=7))
    starting = make_pod("b", ready=False, period=9)
    world.store.create(replace(starting, status=replace(starting.status, phase=PodPhase.PENDING)))
    await started(world)
    message = world.take(SetEndpoints)[-1]
    assert message.no_ready_reason == (
        "no Ready endpoint: 0 of 2 pods are Ready (a is not ready, b is starting)"
    )
    assert message.retry_after_seconds == 7


async def test_a_service_without_pods_says_so(world: World) -> None:
    world.store.create(make_service())
    await started(world)
    assert world.take(SetEndpoints)[-1].no_ready_reason == "no Ready endpoint: it has no pods"


async def test_a_terminating_pod_is_said_to_terminate(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    world.store.mark_deleted(Pod, "default", "a", 30)
    await world.settle()
    (entry,) = world.take(SetEndpoints)[-1].endpoints
    assert (entry.ready, entry.serving, entry.terminating) == (False, False, True)


async def test_traffic_of_a_pod_is_over_when_the_worker_says_so_and_soon_it_may_serve_again(
    world: World,
) -> None:
    service = world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    uid = world.store.get(Pod, "default", "a").metadata.uid
    assert [item.metadata.name for item in world.store.objects(PodTraffic)] == [uid]
    world.store.mark_deleted(Pod, "default", "a", 30)
    await world.settle()
    state = world.link.state(service, service.spec.ports[0])
    assert state is not None
    world.worker.send(EndpointsApplied(state.key, state.generation, (uid,)))
    await world.settle()
    assert len(world.store.objects(PodTraffic)) == 1
    world.worker.send(EndpointsApplied(state.key, state.generation))
    await world.settle()
    assert world.store.objects(PodTraffic) == []
    world.clock.advance(1.0)
    assert world.link.reconcile(("default", "web")) == 1.0
    await world.settle()
    assert world.take(SetEndpoints)[-1].endpoints[0].serving


async def test_publishing_moves_the_local_port_and_zero_takes_any(make_world: Callable[..., World]) -> None:
    world = make_world(LinkSettings(bind="127.0.0.2", publish={("web", 80): 8000, ("api", 80): 0}))
    web, api = world.store.create(make_service()), world.store.create(make_service("api"))
    await started(world)
    assert world.link.state(web, web.spec.ports[0]).local_port == 8000
    assert world.link.state(api, api.spec.ports[0]).local_port == 45678
    assert world.service().spec.cluster_ip == "127.0.0.2"


async def test_what_is_published_but_not_there_is_known(make_world: Callable[..., World]) -> None:
    world = make_world(LinkSettings(publish={("web", 80): 8000, ("web", 81): 8001, ("wep", 80): 8002}))
    world.store.create(make_service())
    assert sorted(world.link.unmatched_publish()) == ["web:81", "wep:80"]


async def test_a_load_balancer_shows_where_it_listens_and_has_a_node_port(world: World) -> None:
    world.store.create(make_service(type="LoadBalancer"))
    await started(world)
    service = world.service()
    (port,) = service.spec.ports
    assert 30000 <= port.node_port <= 32767
    (settings,) = world.take(SetService)
    assert settings.listen == (Address("127.0.0.1", 80), Address("127.0.0.1", port.node_port))
    assert [ingress.ip for ingress in service.status.load_balancer.ingress] == ["127.0.0.1"]
    assert service.spec.cluster_ip == "127.0.0.1"


async def test_a_service_that_is_no_load_balancer_any_more_leaves_its_node_port(world: World) -> None:
    world.store.create(make_service(type="LoadBalancer"))
    await started(world)
    world.sent.clear()
    plain = replace(world.service().spec, type="ClusterIP")
    world.store.update(Service, "default", "web", lambda item: replace(item, spec=plain))
    await world.settle()
    (settings,) = world.take(SetService)
    assert settings.listen == (Address("127.0.0.1", 80),)
    assert world.service().status.load_balancer.ingress == ()


async def test_an_ingress_is_shown_only_while_it_listens(world: World) -> None:
    world.refuse[80] = errno.EACCES
    world.store.create(make_service(type="LoadBalancer"))
    await started(world)
    assert world.service().status.load_balancer.ingress == ()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "permission denied (ports below 1024 need root; listen elsewhere with"),
        (errno.EADDRINUSE, "listens there already (end it, or listen elsewhere with"),
    ],
)
async def test_a_port_that_cannot_be_had_names_the_remedy(world: World, number: int, words: str) -> None:
    world.refuse[80] = number
    world.store.create(make_service())
    await started(world)
    (failure,) = world.link.listen_failures
    assert failure.error.startswith("cannot listen on 127.0.0.1:80 for Service web: ")
    assert words in failure.error
    assert "--publish web:80=8000" in failure.error
    assert world.events() == [("ListenFailed", failure.error)]


async def test_a_node_port_that_was_chosen_is_chosen_again_when_it_cannot_be_had(world: World) -> None:
    world.store.create(make_service(type="LoadBalancer"))
    first = random.Random(7).randint(30000, 32767)
    world.refuse[first] = errno.EADDRINUSE
    await started(world)
    second = world.service().spec.ports[0].node_port
    assert second not in {0, first}
    assert world.link.listen_failures == []
    assert world.take(SetService)[-1].listen[1].port == second


async def test_a_node_port_of_the_manifest_that_cannot_be_had_is_an_event(world: World) -> None:
    world.refuse[30123] = errno.EADDRINUSE
    world.store.create(make_service(type="NodePort", ports=(ServicePort(port=80, node_port=30123),)))
    await started(world)
    assert world.link.listen_failures == []
    assert [reason for reason, _ in world.events()] == ["NodePortNotAvailable"]
    assert world.service().spec.ports[0].node_port == 30123


async def test_two_services_cannot_have_one_port_and_the_second_gets_it_when_the_first_goes(
    world: World,
) -> None:
    world.store.create(make_service("one"))
    two = world.store.create(make_service("two"))
    await started(world)
    (failure,) = world.link.listen_failures
    assert failure.error == (
        "cannot listen on 127.0.0.1:80 for Service two: Service one listens there already "
        "(listen elsewhere with --publish two:80=8000)"
    )
    world.store.remove(Service, "default", "one")
    await world.settle()
    assert world.link.state(two, two.spec.ports[0]).local_port == 80
    assert world.take(RemoveService) == [RemoveService("default/one:80", 1)]


async def test_a_wildcard_leaves_no_room_for_others(world: World) -> None:
    world.store.create(make_service("one", annotations={"readylb.io/bind": "0.0.0.0"}))
    world.store.create(make_service("two"))
    await started(world)
    assert [failure.key for failure in world.link.listen_failures] == ["default/two:80"]


async def test_a_port_that_goes_is_removed(world: World) -> None:
    world.store.create(make_service(ports=(ServicePort(port=80, name="a"), ServicePort(port=81, name="b"))))
    await started(world)
    world.sent.clear()
    world.store.update(
        Service,
        "default",
        "web",
        lambda item: replace(item, spec=replace(item.spec, ports=item.spec.ports[:1])),
    )
    await world.settle()
    assert world.take(RemoveService) == [RemoveService("default/web:81", 1)]


@pytest.mark.parametrize("spec", [{"cluster_ip": "None"}, {"type": "ExternalName"}])
async def test_services_without_an_address_of_their_own_are_not_listened_for(
    world: World, spec: dict[str, str]
) -> None:
    world.store.create(make_service(**spec))
    await started(world)
    assert world.sent == []


async def test_only_tcp_is_served_and_others_are_named(world: World) -> None:
    ports = (ServicePort(port=53, name="u", protocol="UDP"), ServicePort(port=53, name="t"))
    world.store.create(make_service(ports=ports))
    await started(world)
    assert [message.key for message in world.take(SetService)] == ["default/web:53"]
    assert world.events() == [("UnsupportedProtocol", "port 53/UDP is not served: only TCP is")]


async def test_the_services_annotations_are_followed_and_wrong_ones_reported_once(world: World) -> None:
    annotations = {
        "readylb.io/limit-head-bytes": "65536",
        "readylb.io/limit-tries": "no",
        "readylb.io/trusted-proxies": "10.0.0.0/8, 127.0.0.1",
        "readylb.io/balancer": "by_moon",
    }
    world.store.create(
        make_service(
            annotations=annotations, ports=(ServicePort(port=80, target_port=8080, app_protocol="TCP"),)
        )
    )
    await started(world)
    (settings,) = world.take(SetService)
    assert settings.protocol == "tcp"
    assert (settings.limits.head_bytes, settings.limits.tries) == (65536, Limits().tries)
    assert settings.trusted_proxies == ("10.0.0.0/8", "127.0.0.1/32")
    assert settings.policy == "round_robin"
    world.store.create(make_pod("a"))
    await world.settle()
    assert [reason for reason, _ in world.events()] == ["InvalidAnnotation"] * 2


async def test_a_worker_that_starts_anew_is_told_everything_again(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    world.worker.send(Hello(0, 1))
    await world.settle()
    world.sent.clear()
    world.worker.send(Hello(0, 2))
    await world.settle()
    assert [type(message) for message in world.sent] == [SetService, SetEndpoints]


async def test_confirmations_are_remembered_with_how_long_they_took(world: World) -> None:
    service = world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    state = world.link.state(service, service.spec.ports[0])
    assert state is not None
    world.clock.advance(0.25)
    assert world.link.in_force() == [("default/web:80", False)]
    world.worker.send(EndpointsApplied("default/web:80", state.generation))
    await world.settle()
    assert (state.applied.generation, state.applied.seconds) == (state.generation, 0.25)
    assert world.link.in_force() == [("default/web:80", True)]


async def test_counts_and_reports_become_metrics(world: World) -> None:
    world.store.create(make_service())
    await started(world)
    endpoint = EndpointStats("uid-a", "a", 3, 0, 0, 1)
    world.worker.send(Stats(0, (ServiceStats("default/web:80", requests=3, endpoints=(endpoint,)),)))
    world.worker.send(PassiveReport("default/web:80", "uid-a", "ConnectFailed"))
    world.worker.send(PassiveReport("default/gone:80", "uid-a", "ConnectFailed"))
    await world.settle()
    text = world.metrics.expose().decode()
    assert "ConnectFailed" in text


async def test_a_refusal_reaches_the_store_and_the_probes_word_the_worker(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    world.take(SetEndpoints)
    world.worker.send(PassiveReport("default/web:80", "uid-a", "ConnectFailed", refused_at=5.0))
    await world.settle()
    (entry,) = world.take(SetEndpoints)[-1].endpoints
    assert (entry.ready, entry.suspected_at, entry.vouched_at) == (True, 5.0, 0.0)

    world.store.update(Suspicion, "default", "uid-a", lambda item: replace(item, vouched_at=5.0))
    await world.settle()
    (entry,) = world.take(SetEndpoints)[-1].endpoints
    assert (entry.suspected_at, entry.vouched_at) == (5.0, 5.0)

    world.store.remove(Pod, "default", "a")
    await world.settle()
    assert world.store.objects(Suspicion) == []


async def test_an_ejection_is_remembered_until_the_pod_is_gone(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    world.worker.send(PassiveReport("default/web:80", "uid-a", "Ejected", until=99.0))
    await world.settle()
    (signal,) = world.link.ejections.of("uid-a")
    assert (signal.service, signal.port, signal.until) == ("web", 80, 99.0)
    world.store.remove(Pod, "default", "a")
    await world.settle()
    assert world.link.ejections.of("uid-a") == ()


async def test_the_operators_word_goes_to_the_workers_and_back_again(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    for notes, ready in (({DRAINED: "true"}, False), ({}, True)):
        world.take(SetEndpoints)
        world.store.update(Pod, "default", "a", lambda pod, said=notes: with_drained(pod, said))
        await world.settle()
        told = world.take(SetEndpoints)[-1]
        (entry,) = told.endpoints
        assert (entry.ready, entry.serving, entry.terminating) == (ready, True, False)
        assert told.no_ready_reason == (
            "" if ready else "no Ready endpoint: 1 of 1 pods are Ready (a is drained)"
        )


async def test_messages_about_ports_that_are_gone_are_ignored(world: World) -> None:
    await started(world)
    gone = "default/gone:80"
    for message in (
        Listening(gone, Address("127.0.0.1", 80)),
        ListenFailed(gone, Address("127.0.0.1", 80), 13, "x"),
        EndpointsApplied(gone, 1),
    ):
        world.worker.send(message)
    await world.settle()
    assert world.events() == []


async def test_an_endpoint_that_leads_back_to_us_has_no_traffic_until_it_does_not(world: World) -> None:
    world.store.create(make_service(port=8080))
    world.store.create(make_pod("a"))
    await started(world)
    last = world.take(SetEndpoints)[-1]
    assert [entry.ready for entry in last.endpoints] == [False]
    assert last.no_ready_reason == "no Ready endpoint: a leads back to readylb itself"
    told = [message for reason, message in world.events() if reason == "EndpointLeadsBack"]
    assert [text.partition(",")[0] for text in told] == [
        "cannot send requests to endpoint a: readylb itself listens on 127.0.0.1:8080"
    ]
    assert world.store.get(Pod, "default", "a").condition(LEADS_BACK_CONDITION) is not None

    moved = (ServicePort(port=8080, target_port=9090),)
    world.store.update(
        Service, "default", "web", lambda item: replace(item, spec=replace(item.spec, ports=moved))
    )
    await world.settle()
    assert [entry.ready for entry in world.take(SetEndpoints)[-1].endpoints] == [True]
    assert world.store.get(Pod, "default", "a").condition(LEADS_BACK_CONDITION) is None


async def test_nobody_leads_back_to_a_service_that_is_gone(world: World) -> None:
    world.store.create(make_service(port=8080))
    world.store.create(make_pod("a"))
    await started(world)
    world.store.remove(Service, "default", "web")
    await world.settle()
    assert world.store.get(Pod, "default", "a").condition(LEADS_BACK_CONDITION) is None
    assert world.link.ejections.of("uid-a") == ()


async def test_who_closed_a_circle_is_let_in_when_another_opens_it(world: World) -> None:
    world.store.create(make_service("front", 9090))
    world.store.create(make_service("back", 8080, ports=(ServicePort(port=8080, target_port=9090),)))
    world.store.create(make_pod("a"))
    await started(world)
    ready = {
        message.key: message.endpoints[0].ready for message in world.take(SetEndpoints) if message.endpoints
    }
    assert sorted(ready.values()) == [False, True], "one of the two is enough"
    (closed,) = [key for key, is_ready in ready.items() if not is_ready]
    (other,) = [key.partition("/")[2].partition(":")[0] for key in ready if key != closed]
    world.store.remove(Service, "default", other)
    await world.settle()
    assert [message.endpoints[0].ready for message in world.take(SetEndpoints) if message.key == closed] == [
        True
    ]


async def test_pods_that_go_with_their_service_have_traffic_until_its_last_request(world: World) -> None:
    world.store.create(make_service())
    world.store.create(make_pod("a"))
    await started(world)
    uid = world.store.get(Pod, "default", "a").metadata.uid
    world.store.remove(Service, "default", "web")
    await world.settle()
    (message,) = world.take(RemoveService)
    world.worker.send(ServiceRemoved(message.key, message.removal, (uid,)))
    await world.settle()
    assert [item.ending for item in world.store.objects(PodTraffic)] == [True]
    world.worker.send(ServiceRemoved(message.key, message.removal))
    await world.settle()
    assert world.store.objects(PodTraffic) == []
