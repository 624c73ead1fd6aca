from __future__ import annotations

import pytest

from readylb.control.workers.protocol import is_known, protocol_of
from readylb.core.traffic import SERVER_FIRST
from readylb.model import Pod
from readylb.model.container import Container, ContainerPort
from readylb.model.pod import PodSpec
from readylb.model.probe import HTTPGetAction, Probe, TCPSocketAction
from readylb.model.service import ServicePort


def make_pod(**probes: Probe) -> Pod:
    ports = (ContainerPort(container_port=8080, name="web"), ContainerPort(container_port=9000, name="raw"))
    return Pod(spec=PodSpec(containers=(Container(name="c", ports=ports, **probes),)))  # type: ignore[arg-type]


def found(port: ServicePort, *pods: Pod) -> str:
    return protocol_of(port, pods, SERVER_FIRST)


@pytest.mark.parametrize(
    ("app_protocol", "protocol"),
    [
        ("", "auto"),
        ("http", "http"),
        ("HTTP", "http"),
        ("kubernetes.io/ws", "http"),
        ("tcp", "tcp"),
        ("https", "tcp"),
        ("kubernetes.io/h2c", "tcp"),
        ("redis", "tcp"),
        ("auto", "auto"),
    ],
)
def test_the_app_protocol_says_how_a_port_is_served(app_protocol: str, protocol: str) -> None:
    assert found(ServicePort(port=80, app_protocol=app_protocol)) == protocol
    assert is_known(app_protocol) == (app_protocol != "redis")


@pytest.mark.parametrize("asked", [8080, "web"])
@pytest.mark.parametrize("target", [8080, "web"])
@pytest.mark.parametrize("kind", ["readiness_probe", "liveness_probe", "startup_probe"])
def test_a_port_that_a_probe_asks_by_http_is_http(kind: str, target: int | str, asked: int | str) -> None:
    pod = make_pod(**{kind: Probe(http_get=HTTPGetAction(port=asked))})
    assert found(ServicePort(port=80, target_port=target), pod) == "http"
    assert found(ServicePort(port=80, target_port="raw"), pod) == "auto"
    assert found(ServicePort(port=80, target_port=target, app_protocol="tcp"), pod) == "tcp"


@pytest.mark.parametrize(
    "probe",
    [
        Probe(http_get=HTTPGetAction(port="web", scheme="HTTPS")),
        Probe(http_get=HTTPGetAction(port="web", host="other")),
        Probe(tcp_socket=TCPSocketAction(port="web")),
        Probe(http_get=HTTPGetAction(port="nowhere")),
    ],
)
def test_other_probes_do_not_tell(probe: Probe) -> None:
    assert found(ServicePort(port=80, target_port="web"), make_pod(readiness_probe=probe)) == "auto"


def test_where_servers_speak_first_bytes_are_carried() -> None:
    assert found(ServicePort(port=2500, target_port=25)) == "tcp"
    assert found(ServicePort(port=3306, target_port="db")) == "tcp"
    assert protocol_of(ServicePort(port=3306), (), frozenset()) == "auto"
