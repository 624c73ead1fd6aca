from __future__ import annotations

from dataclasses import replace

import pytest

from readylb.control.workers.endpoint_table import entries, no_ready_reason, retry_after_seconds, slices_of
from readylb.model import EndpointSlice, Pod, Service
from readylb.model.container import Container, ContainerState, ContainerStateWaiting, ContainerStatus
from readylb.model.endpoint_slice import Endpoint, EndpointConditions, EndpointPort
from readylb.model.meta import ObjectMeta, ObjectReference
from readylb.model.pod import PodCondition, PodPhase, PodSpec, PodStatus
from readylb.model.probe import Probe
from readylb.model.service import ServicePort
from readylb.wire.messages import EndpointEntry

READY = EndpointConditions(ready=True, serving=True)
PORT = ServicePort(port=80, name="http")


def endpoint(name: str, host: str = "127.0.0.1", conditions: EndpointConditions = READY) -> Endpoint:
    target = ObjectReference(kind="Pod", name=name, uid=f"uid-{name}")
    return Endpoint(addresses=(host,), conditions=conditions, target_ref=target)


def make_slice(
    *endpoints: Endpoint, port: int = 8080, name: str = "http", service: str = "web"
) -> EndpointSlice:
    return EndpointSlice(
        metadata=ObjectMeta(name="x", labels={"kubernetes.io/service-name": service}),
        endpoints=endpoints,
        ports=(EndpointPort(name=name, port=port),),
    )


def make_pod(name: str, **status: object) -> Pod:
    return Pod(
        metadata=ObjectMeta(name=name),
        spec=PodSpec(containers=(Container(name="c"),)),
        status=PodStatus(**{"phase": PodPhase.RUNNING, **status}),  # type: ignore[arg-type]
    )


def test_endpoints_of_all_slices_come_in_the_order_of_their_names() -> None:
    found = entries(PORT, [make_slice(endpoint("b"), port=20002), make_slice(endpoint("a"), port=20001)])
    assert [(entry.name, entry.port) for entry in found] == [("a", 20001), ("b", 20002)]


def test_ports_are_matched_by_name_and_protocol() -> None:
    assert entries(PORT, [make_slice(endpoint("a"), name="other")]) == ()
    assert entries(replace(PORT, protocol="UDP"), [make_slice(endpoint("a"))]) == ()


def test_an_endpoint_in_two_slices_counts_as_the_later_says() -> None:
    found = entries(PORT, [make_slice(endpoint("a"), port=1), make_slice(endpoint("a"), port=2)])
    assert [entry.port for entry in found] == [2]


def test_an_endpoint_without_a_pod_is_known_by_its_address() -> None:
    bare = Endpoint(addresses=("::1",), conditions=READY)
    assert entries(PORT, [make_slice(bare)]) == (
        EndpointEntry("[::1]:8080", "[::1]:8080", "::1", 8080, ready=True, serving=True, terminating=False),
    )


def test_slices_belong_to_the_service_that_their_label_names() -> None:
    mine, other = make_slice(), make_slice(service="api")
    assert slices_of(Service(metadata=ObjectMeta(name="web")), [mine, other]) == [mine]


def test_there_is_nothing_to_explain_while_an_endpoint_may_have_traffic() -> None:
    assert no_ready_reason(entries(PORT, [make_slice(endpoint("a"))]), [make_pod("a")]) == ""
    leaving = EndpointConditions(ready=False, serving=True, terminating=True)
    assert no_ready_reason(entries(PORT, [make_slice(endpoint("a", conditions=leaving))]), []) == ""


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        (make_pod("a", phase=PodPhase.PENDING), "a is starting"),
        (make_pod("a", container_statuses=(ContainerStatus(name="c"),)), "a is starting"),
        (make_pod("a", container_statuses=(ContainerStatus(name="c", started=True),)), "a is not ready"),
        (make_pod("a", conditions=(PodCondition(type="Ready", status="True"),)), "a is Ready"),
        (
            make_pod(
                "a",
                container_statuses=(
                    ContainerStatus(
                        name="c",
                        state=ContainerState(waiting=ContainerStateWaiting(reason="CrashLoopBackOff")),
                    ),
                ),
            ),
            "a is waiting to be restarted",
        ),
        (replace(make_pod("a"), metadata=ObjectMeta(name="a", deletion_timestamp=1.0)), "a is terminating"),
    ],
)
def test_clients_are_told_the_state_of_each_pod(pod: Pod, words: str) -> None:
    assert no_ready_reason((), [pod]).endswith(f"({words})")


def test_many_pods_are_counted_rather_than_named() -> None:
    pods = [make_pod(f"web-{number}") for number in range(100)]
    reason = no_ready_reason((), pods)
    assert reason.startswith("no Ready endpoint: 0 of 100 pods are Ready (web-0 ")
    assert reason.endswith(", and 96 more)")
    assert len(reason) < 250


def test_clients_come_back_after_the_shortest_readiness_period() -> None:
    def probed(period: int) -> Pod:
        container = Container(name="c", readiness_probe=Probe(period_seconds=period))
        return Pod(spec=PodSpec(containers=(container,)))

    assert retry_after_seconds([probed(10), probed(3), Pod()]) == 3
    assert retry_after_seconds([Pod()]) == 1


@pytest.mark.parametrize(("said", "weight"), [("3", 3), ("heavy", 1), (None, 1)])
def test_a_pod_says_what_it_weighs(said: str | None, weight: int) -> None:
    notes = {} if said is None else {"readylb.io/weight": said}
    pod = Pod(metadata=ObjectMeta(name="a", uid="uid-a", annotations=notes))
    (entry,) = entries(PORT, [make_slice(endpoint("a"))], [pod])
    assert entry.weight == weight


def test_a_unix_socket_is_an_endpoints_host() -> None:
    (entry,) = entries(PORT, [make_slice(endpoint("a", "unix:/run/web.sock"))])
    assert entry.host == "unix:/run/web.sock"
