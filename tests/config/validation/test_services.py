from __future__ import annotations

import pytest

from readylb.config.defaults import defaulted
from readylb.config.validation.services import validate_service
from readylb.model import Service
from readylb.model.service import ClientIPConfig, ServicePort, ServiceSpec, SessionAffinityConfig

PORT = (ServicePort(port=80),)
BOUNDS = "must be between 1 and 65535, inclusive"


def errors(**fields):
    item = defaulted(Service(spec=ServiceSpec(**{"ports": PORT, **fields})))
    return [str(error) for error in validate_service(item)]


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_a_plain_service_is_valid(kind):
    assert errors(type=kind) == []


def test_a_service_needs_a_port_unless_it_is_headless():
    assert errors(ports=()) == ["spec.ports: Required value"]
    assert errors(ports=(), cluster_ip="None") == []


def test_the_type_has_a_choice():
    assert errors(type="Ingress")[0] == (
        'spec.type: Unsupported value: "Ingress": supported values:'
        ' "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
    )


def test_several_ports_need_names():
    ports = (ServicePort(port=80, name="a"), ServicePort(port=81), ServicePort(port=82, name="a"))
    assert errors(ports=ports) == [
        "spec.ports[1].name: Required value",
        'spec.ports[2].name: Duplicate value: "a"',
    ]


def test_a_port_appears_once_per_protocol():
    ports = (
        ServicePort(port=80, name="a"),
        ServicePort(port=80, name="b", protocol="UDP"),
        ServicePort(port=80, name="c"),
    )
    assert errors(ports=ports) == ['spec.ports[2]: Duplicate value: {"port":80,"protocol":"TCP"}']


def test_ports_have_bounds_and_are_judged_once():
    ports = (ServicePort(port=0, name="a"), ServicePort(port=80, name="b", target_port=70000))
    assert errors(ports=ports) == [
        f"spec.ports[0].port: Invalid value: 0: {BOUNDS}",
        f"spec.ports[1].targetPort: Invalid value: 70000: {BOUNDS}",
    ]


def test_node_ports_need_a_type_that_has_them():
    ports = (ServicePort(port=80, node_port=30080),)
    assert errors(ports=ports) == [
        "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"
    ]
    assert errors(ports=ports, type="NodePort") == []


def test_node_ports_are_unique():
    ports = (ServicePort(port=80, name="a", node_port=30080), ServicePort(port=81, name="b", node_port=30080))
    assert errors(ports=ports, type="NodePort") == ["spec.ports[1].nodePort: Duplicate value: 30080"]


def test_a_headless_service_is_not_reached_from_outside():
    assert errors(type="LoadBalancer", cluster_ip="None") == [
        "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services"
    ]


def test_affinity_has_a_choice_and_a_bound():
    assert errors(session_affinity="X") == [
        'spec.sessionAffinity: Unsupported value: "X": supported values: "ClientIP", "None"'
    ]
    config = SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=86401))
    assert errors(session_affinity="ClientIP", session_affinity_config=config) == [
        (
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401:"
            " must be greater than 0 and less than 86400"
        )
    ]
    config = SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=86400))
    assert errors(session_affinity="ClientIP", session_affinity_config=config) == []


def test_the_external_traffic_policy_is_for_external_services():
    assert errors(external_traffic_policy="Local") == [
        (
            'spec.externalTrafficPolicy: Invalid value: "Local":'
            " may only be set for externally-accessible services"
        )
    ]
    assert errors(type="NodePort", external_traffic_policy="Local") == []
    assert errors(internal_traffic_policy="X") == [
        'spec.internalTrafficPolicy: Unsupported value: "X": supported values: "Cluster", "Local"'
    ]


def test_source_ranges_are_networks_of_a_load_balancer():
    path = "spec.loadBalancerSourceRanges"
    assert errors(type="LoadBalancer", load_balancer_source_ranges=(" 10.0.0.0/8 ",)) == []
    assert len(errors(type="LoadBalancer", load_balancer_source_ranges=("10.0.0.1",))) == 1, "not a network"
    assert errors(load_balancer_source_ranges=("x",)) == [
        f"{path}: Forbidden: may only be used when `type` is 'LoadBalancer'",
        (f'{path}[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'),
    ]


def test_a_selector_holds_labels():
    (error,) = errors(selector={"a": "b c"})
    assert error.startswith('spec.selector: Invalid value: "b c": a valid label must be')
