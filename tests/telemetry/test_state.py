from __future__ import annotations

from readylb.model import EndpointSlice, Pod, Service
from readylb.model.container import ContainerStatus
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, Endpoint, EndpointConditions
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodStatus
from readylb.telemetry.state import Sources, State

READY = Endpoint(conditions=EndpointConditions(ready=True, serving=True))
UNREADY = Endpoint(conditions=EndpointConditions())
DRAINED = Endpoint(conditions=EndpointConditions(serving=True))
LEAVING = Endpoint(conditions=EndpointConditions(serving=True, terminating=True))


def values(state: State, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in state.collect()
        for sample in family.samples
        if sample.name == name
    }


def a_slice(name: str, *endpoints: Endpoint) -> EndpointSlice:
    meta = ObjectMeta(name=name, labels={SERVICE_NAME_LABEL: "web"})
    return EndpointSlice(metadata=meta, endpoints=endpoints)


def test_the_endpoints_of_all_slices_are_counted() -> None:
    state = State()
    slices = [a_slice("web-a", READY, LEAVING), a_slice("web-b", READY, UNREADY, DRAINED)]
    state.sources = Sources(slices=lambda: slices)
    assert values(state, "readylb_endpoints") == {
        ("default", "web", "ready"): 2,
        ("default", "web", "unready"): 1,
        ("default", "web", "terminating"): 1,
        ("default", "web", "drained"): 1,
    }


def test_a_service_without_endpoints_counts_zero_in_each_state() -> None:
    state = State()
    state.sources = Sources(services=lambda: [Service(metadata=ObjectMeta(name="web"))])
    assert set(values(state, "readylb_endpoints").values()) == {0}
    assert len(values(state, "readylb_endpoints")) == 4


def test_a_service_port_whose_newest_endpoints_a_worker_does_not_follow_yet_is_zero() -> None:
    state = State()
    state.sources = Sources(in_force=lambda: [("default/web:80", True), ("default/web:81", False)])
    assert values(state, "readylb_endpoints_in_force") == {
        ("default", "web", "80"): 1,
        ("default", "web", "81"): 0,
    }


def test_restarts_go_with_the_pod() -> None:
    statuses = (ContainerStatus(name="app", restart_count=3), ContainerStatus(name="sidecar"))
    pods = [Pod(metadata=ObjectMeta(name="web-a"), status=PodStatus(container_statuses=statuses))]
    state = State()
    state.sources = Sources(pods=lambda: pods)
    expected = {("default", "web-a", "app"): 3, ("default", "web-a", "sidecar"): 0}
    assert values(state, "readylb_container_restarts_total") == expected
    pods.clear()
    assert values(state, "readylb_container_restarts_total") == {}
