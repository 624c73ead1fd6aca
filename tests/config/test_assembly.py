from __future__ import annotations

import json

import pytest

from readylb.config.assembly import (
    Front,
    LocalCommand,
    Place,
    Probes,
    complete_probe,
    endpoint_objects,
    replica_objects,
)
from readylb.config.validation.objects import validate
from readylb.model.probe import ExecAction, HTTPGetAction, Probe, TCPSocketAction
from readylb.model.restart import ExecRestart, RestartHooks

READY = Probe(http_get=HTTPGetAction(path="/readyz"))
PROBES = Probes(readiness=READY)


def test_endpoints_become_external_pods_behind_a_service():
    places = [Place("127.0.0.1", 8081), Place("::1", 8082, 3), Place("unix:/run/web.sock", 0)]
    restart = RestartHooks(exec=ExecRestart(command=("restart", "it")))
    service, *pods = endpoint_objects(Front("web", 80), places, PROBES, restart)
    assert service.spec.type == "LoadBalancer"
    assert service.spec.selector == {"app": "web"}
    assert [(port.port, port.target_port) for port in service.spec.ports] == [(80, "http")]
    assert [pod.metadata.name for pod in pods] == ["web-0", "web-1", "web-2"]
    assert [pod.metadata.annotations["readylb.io/endpoint"] for pod in pods] == [
        "127.0.0.1:8081",
        "[::1]:8082",
        "unix:/run/web.sock",
    ]
    assert [pod.metadata.annotations.get("readylb.io/weight") for pod in pods] == [None, "3", None]
    assert [pod.spec.containers[0].ports[0].container_port for pod in pods] == [8081, 8082, 8080]
    assert {pod.spec.runtime_class_name for pod in pods} == {"external"}
    assert json.loads(pods[0].metadata.annotations["readylb.io/restart"]) == {
        "exec": {"command": ["restart", "it"]}
    }


def test_replicas_become_a_deployment_behind_a_service():
    service, deployment = replica_objects(Front("api", 80, "tcp"), 3, LocalCommand(["run", "it"]), PROBES)
    (container,) = deployment.spec.template.spec.containers
    assert service.spec.ports[0].app_protocol == "tcp"
    assert deployment.spec.replicas == 3
    assert deployment.spec.selector.matches(deployment.spec.template.metadata.labels)
    assert (container.name, container.command) == ("api", ("run", "it"))
    assert [(port.name, port.container_port) for port in container.ports] == [("http", 8080)]
    assert container.readiness_probe.http_get.port == "http"


def test_the_objects_obey_kubernetes_rules():
    made = endpoint_objects(Front("web", 80), [Place("127.0.0.1", 8081)], PROBES)
    service, deployment = replica_objects(Front("api", 80), 1, LocalCommand(["run"]), PROBES)
    assert [error for item in (*made, service, deployment) for error in validate(item)] == []


@pytest.mark.parametrize(
    ("probe", "port"),
    [
        (Probe(http_get=HTTPGetAction()), "http"),
        (Probe(tcp_socket=TCPSocketAction()), "http"),
        (Probe(tcp_socket=TCPSocketAction(port=9)), 9),
    ],
)
def test_a_probe_without_a_port_asks_the_only_one(probe, port):
    complete = complete_probe(probe)
    assert (complete.http_get or complete.tcp_socket).port == port


def test_an_exec_probe_is_left_alone():
    probe = Probe(exec=ExecAction(command=("x",)))
    assert complete_probe(probe) == probe
