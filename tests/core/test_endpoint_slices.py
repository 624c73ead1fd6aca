from __future__ import annotations

import random
from dataclasses import replace

import pytest

from readylb.core.drained import DRAINED
from readylb.core.endpoint_slices import SliceChanges, changes, conditions, ports
from readylb.model import EndpointSlice, Pod, Service
from readylb.model.container import Container, ContainerPort
from readylb.model.endpoint_slice import EndpointPort
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodPhase, PodSpec, PodStatus, PortMapping
from readylb.model.service import ServicePort, ServiceSpec


def service(*found: ServicePort, **spec) -> Service:
    found = found or (ServicePort(port=80, target_port=8080),)
    meta = ObjectMeta(name="web", uid="s1", labels={"team": "a"})
    return Service(metadata=meta, spec=ServiceSpec(ports=found, selector={"app": "web"}, **spec))


def a_pod(name: str = "web-a", **changed) -> Pod:
    given = {"ready": True, "deleted": None, "ip": "127.0.0.1", "host_port": 0, "phase": PodPhase.RUNNING}
    given |= changed
    mapped = (PortMapping(container_port=8080, host_port=given["host_port"]),) if given["host_port"] else ()
    named = given.get("ports", (ContainerPort(container_port=8080, name="http"),))
    return Pod(
        metadata=ObjectMeta(name=name, uid=f"uid-{name}", deletion_timestamp=given["deleted"]),
        spec=PodSpec(containers=(Container(name="app", ports=named),), node_name="local"),
        status=PodStatus(
            phase=given["phase"],
            pod_ip=given["ip"],
            conditions=(PodCondition(type="Ready", status=str(given["ready"])),),
            port_mappings=mapped,
        ),
    )


def plan(item: Service, *pods: Pod, existing: tuple[EndpointSlice, ...] = ()) -> SliceChanges:
    return changes(item, pods, existing, random.Random(3))


def shape(slices: tuple[EndpointSlice, ...]) -> list[tuple[list[int], list[str]]]:
    return [
        ([port.port for port in item.ports], [entry.target_ref.name for entry in item.endpoints])
        for item in slices
    ]


@pytest.mark.parametrize(
    ("ready", "deleted", "published", "expected"),
    [
        (True, None, False, (True, True, False)),
        (False, None, False, (False, False, False)),
        (True, 9.0, False, (False, True, True)),
        (False, 9.0, False, (False, False, True)),
        (False, None, True, (True, False, False)),
        (True, 9.0, True, (True, True, True)),
        (False, 9.0, True, (True, False, True)),
    ],
)
def test_conditions_follow_kubernetes_table(ready, deleted, published, expected) -> None:
    found = conditions(a_pod(ready=ready, deleted=deleted), publish_not_ready=published)
    assert (found.ready, found.serving, found.terminating) == expected


@pytest.mark.parametrize(
    ("ready", "deleted", "published", "expected"),
    [
        (True, None, False, (False, True, False)),
        (False, None, False, (False, False, False)),
        (True, 9.0, False, (False, False, True)),
        (False, None, True, (False, False, False)),
    ],
)
def test_a_drained_pod_is_never_ready_and_never_the_last_resort(ready, deleted, published, expected) -> None:
    pod = a_pod(ready=ready, deleted=deleted)
    pod = replace(pod, metadata=replace(pod.metadata, annotations={DRAINED: "true"}))
    found = conditions(pod, publish_not_ready=published)
    assert (found.ready, found.serving, found.terminating) == expected


def test_pods_with_the_same_ports_share_a_slice() -> None:
    assert shape(plan(service(), a_pod("a"), a_pod("b", ready=False)).create) == [([8080], ["a", "b"])]


def test_pods_bound_to_different_ports_have_slices_of_their_own() -> None:
    done = plan(service(), a_pod("a", host_port=40001), a_pod("b", host_port=40002))
    assert shape(done.create) == [([40001], ["a"]), ([40002], ["b"])]


def test_a_slice_says_whose_it_is() -> None:
    meta = plan(service(), a_pod()).create[0].metadata
    assert meta.labels == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert (meta.controller.kind, meta.controller.name, meta.controller.uid) == ("Service", "web", "s1")
    assert meta.name.startswith("web-")
    assert len(meta.name) == len("web-") + 5


def test_an_endpoint_names_its_pod() -> None:
    endpoint = plan(service(), a_pod()).create[0].endpoints[0]
    assert endpoint.addresses == ("127.0.0.1",)
    assert (endpoint.target_ref.kind, endpoint.target_ref.uid) == ("Pod", "uid-web-a")
    assert endpoint.node_name == "local"


def test_a_named_port_is_looked_up_in_each_pod() -> None:
    item = service(ServicePort(port=80, target_port="http"))
    other = a_pod("b", ports=(ContainerPort(container_port=9090, name="http"),))
    assert shape(plan(item, a_pod("a"), other).create) == [([8080], ["a"]), ([9090], ["b"])]


def test_a_named_port_has_to_have_the_same_protocol() -> None:
    item = service(ServicePort(port=80, target_port="http"))
    udp = a_pod(ports=(ContainerPort(container_port=8080, name="http", protocol="UDP"),))
    assert ports(item, udp) == ()


def test_a_pod_without_the_named_port_has_no_endpoint() -> None:
    item = service(ServicePort(port=80, target_port="metrics"))
    assert shape(plan(item, a_pod()).create) == [([], [])]


def test_of_several_ports_a_pod_offers_those_it_has() -> None:
    item = service(
        ServicePort(port=80, name="web", target_port="http", app_protocol="http"),
        ServicePort(port=81, name="metrics", target_port="metrics"),
    )
    expected = (EndpointPort(name="web", port=8080, app_protocol="http"),)
    assert plan(item, a_pod()).create[0].ports == expected


def test_no_target_port_means_the_service_port() -> None:
    assert ports(service(ServicePort(port=80)), a_pod())[0].port == 80


@pytest.mark.parametrize("phase", [PodPhase.FAILED, PodPhase.SUCCEEDED])
def test_a_finished_pod_has_no_endpoint_even_when_published(phase) -> None:
    item = service(publish_not_ready_addresses=True)
    assert shape(plan(item, a_pod(phase=phase)).create) == [([], [])]


def test_a_pod_without_an_address_has_no_endpoint() -> None:
    assert shape(plan(service(), a_pod(ip="")).create) == [([], [])]


def test_addresses_of_both_families_are_kept_apart() -> None:
    found = plan(service(), a_pod("a"), a_pod("b", ip="::1")).create
    assert [item.address_type for item in found] == ["IPv4", "IPv6"]


def test_what_did_not_change_is_not_touched() -> None:
    existing = plan(service(), a_pod()).create
    assert plan(service(), a_pod(), existing=existing) == SliceChanges()


def test_a_change_of_readiness_is_an_update_under_the_same_name() -> None:
    existing = plan(service(), a_pod()).create
    done = plan(service(), a_pod(ready=False), existing=existing)
    assert [item.metadata.name for item in done.update] == [existing[0].metadata.name]
    assert not done.update[0].endpoints[0].conditions.ready
    assert done.create == done.delete == ()


def test_labels_of_the_service_are_followed() -> None:
    existing = plan(service(), a_pod()).create
    renamed = replace(service(), metadata=replace(service().metadata, labels={"team": "b"}))
    assert plan(renamed, a_pod(), existing=existing).update[0].metadata.labels["team"] == "b"


def test_a_slice_whose_ports_nobody_has_any_more_is_deleted() -> None:
    existing = plan(service(), a_pod(host_port=40001)).create
    done = plan(service(), a_pod(host_port=40002), existing=existing)
    assert shape(done.create) == [([40002], ["web-a"])]
    assert done.delete == existing


def test_without_endpoints_one_empty_slice_remains() -> None:
    existing = plan(service()).create
    assert shape(existing) == [([], [])]
    assert plan(service(), existing=existing) == SliceChanges()
    assert plan(service(), a_pod(), existing=existing).delete == existing


def test_unix_sockets_have_a_slice_of_their_own() -> None:
    done = plan(service(), a_pod("a"), a_pod("b", ip="unix:/run/web.sock"))
    assert [(item.address_type, item.endpoints[0].addresses) for item in done.create] == [
        ("IPv4", ("127.0.0.1",)),
        ("FQDN", ("unix:/run/web.sock",)),
    ]
