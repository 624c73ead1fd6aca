from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from readylb.config.documents import read_document
from readylb.config.update_rules import frozen, moved_selector, settled, updated
from readylb.core.drained import DRAINED
from readylb.core.last_applied import authored
from readylb.model import Deployment, Object, Pod, Service
from readylb.model.service import ServiceSpec


def read(document: dict[str, Any]) -> Any:
    item, problems, _ = read_document(document)
    assert problems == ()
    return item


def pod(**annotations: str) -> Pod:
    container = {"name": "a", "image": "i", "command": ["x"]}
    metadata = {"name": "p", "annotations": annotations}
    made: Pod = read(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    )
    return replace(made, spec=replace(made.spec, node_name="here"))


def service(kind: str = "LoadBalancer", node_port: int = 31000) -> Service:
    ports = [{"port": 80, "nodePort": node_port} if node_port else {"port": 80}]
    spec = {"type": kind, "ports": ports, "selector": {"a": "b"}}
    made: Service = read({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec})
    return replace(made, spec=replace(made.spec, cluster_ip="127.0.0.1", cluster_ips=("127.0.0.1",)))


def paths(old: Object, new: Object) -> list[str]:
    return [path for path, _ in frozen(old, new)]


def test_a_pod_keeps_its_node_and_takes_labels_and_annotations() -> None:
    said = read(settled({}, authored(pod(a="1"))))
    new = updated(pod(), said)
    assert (new.spec.node_name, new.metadata.annotations) == ("here", {"a": "1"})
    assert paths(pod(), new) == []


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        (replace(pod(), spec=replace(pod().spec, restart_policy="Never")), "spec"),
        (pod(**{"readylb.io/endpoint": "127.0.0.1:80"}), "metadata.annotations"),
        (pod(**{"readylb.io/command": "x"}), "metadata.annotations"),
    ],
)
def test_what_a_pod_was_started_with_cannot_change(changed: Pod, path: str) -> None:
    assert paths(pod(), changed) == [path]


def test_a_drained_pod_that_is_said_to_be_is_drained() -> None:
    assert paths(pod(), pod(**{DRAINED: "true"})) == []


def test_a_service_keeps_what_it_was_given() -> None:
    old = service()
    new = updated(old, replace(service(node_port=0), spec=replace(service(node_port=0).spec, cluster_ip="")))
    assert (new.spec.cluster_ip, new.spec.ports[0].node_port) == ("127.0.0.1", 31000)


def test_the_address_of_a_service_cannot_change() -> None:
    other = replace(service(), spec=replace(service().spec, cluster_ip="None"))
    assert paths(service(), other) == ["spec.clusterIPs[0]"]
    assert paths(Service(spec=ServiceSpec()), other) == []


def test_a_service_of_another_type_loses_what_only_the_former_could_have() -> None:
    before = authored(service())
    after = settled(before, {**before, "spec": {**before["spec"], "type": "ClusterIP"}})
    assert after["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert "externalTrafficPolicy" not in after["spec"]
    new = updated(service(), read(after))
    assert (new.spec.type, new.spec.ports[0].node_port) == ("ClusterIP", 0)


def test_a_node_port_that_is_new_is_not_lost_but_judged() -> None:
    before = authored(service())
    said = {
        **before,
        "spec": {**before["spec"], "type": "ClusterIP", "ports": [{"port": 80, "nodePort": 31001}]},
    }
    assert settled(before, said)["spec"]["ports"] == [{"port": 80, "nodePort": 31001}]


def test_a_selector_cannot_change_not_even_in_a_document_that_is_wrong() -> None:
    old = Deployment()
    assert list(moved_selector(None, {"spec": {}})) == []
    (problem,) = moved_selector(old, {"spec": {"selector": {"matchLabels": {"a": "b"}}}})
    assert problem == ("spec.selector", 'Invalid value: {"matchLabels":{"a":"b"}}: field is immutable')
