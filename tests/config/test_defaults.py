from __future__ import annotations

import pytest

from readylb.config.defaults import default_probe, defaulted
from readylb.model import Deployment, Pod, ReplicationController, Service
from readylb.model.container import Container, ContainerPort
from readylb.model.lifecycle import Lifecycle, LifecycleHandler
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.probe import HTTPGetAction, Probe
from readylb.model.service import ClientIPConfig, ServicePort, ServiceSpec, SessionAffinityConfig
from readylb.model.workload import DeploymentSpec, DeploymentStrategy, ReplicationControllerSpec


def container(**fields):
    pod = defaulted(Pod(spec=PodSpec(containers=(Container(name="a", **fields),), restart_policy="")))
    return pod.spec.containers[0]


def service(**fields):
    return defaulted(Service(spec=ServiceSpec(**fields))).spec


def test_zeros_of_a_probe_mean_the_default():
    probe = Probe(
        http_get=HTTPGetAction(path="", port=80, scheme=""),
        timeout_seconds=0,
        period_seconds=0,
        success_threshold=0,
        failure_threshold=0,
    )
    assert default_probe(probe) == Probe(http_get=HTTPGetAction(path="/", port=80, scheme="HTTP"))


def test_negative_numbers_and_a_grace_of_zero_are_left_to_validation():
    probe = Probe(period_seconds=-1, termination_grace_period_seconds=0)
    assert default_probe(probe) == probe


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("web", "Always"),
        ("web:latest", "Always"),
        ("registry:5000/web", "Always"),
        ("web:1.0", "IfNotPresent"),
        ("web@sha256:abc", "IfNotPresent"),
    ],
)
def test_the_tag_decides_the_pull_policy(image, policy):
    assert container(image=image).image_pull_policy == policy


def test_containers_get_the_defaults_of_what_they_leave_out():
    made = container(
        ports=(ContainerPort(container_port=1, protocol=""),), liveness_probe=Probe(period_seconds=0)
    )
    assert made.ports[0].protocol == "TCP"
    assert made.liveness_probe.period_seconds == 10
    assert made.termination_message_path == "/dev/termination-log"
    assert made.termination_message_policy == "File"


def test_a_replication_controller_copies_its_templates_labels():
    template = PodTemplateSpec(metadata=ObjectMeta(labels={"a": "b"}))
    made = defaulted(ReplicationController(spec=ReplicationControllerSpec(template=template)))
    assert made.metadata.labels == {"a": "b"}
    assert made.spec.selector == {"a": "b"}


def test_what_a_replication_controller_says_is_kept():
    template = PodTemplateSpec(metadata=ObjectMeta(labels={"a": "b"}))
    spec = ReplicationControllerSpec(template=template, selector={"c": "d"}, replicas=0)
    made = defaulted(ReplicationController(metadata=ObjectMeta(labels={"e": "f"}), spec=spec))
    assert (made.metadata.labels, made.spec.selector, made.spec.replicas) == ({"e": "f"}, {"c": "d"}, 0)


def test_a_deployment_rolls_by_quarters():
    spec = defaulted(Deployment(spec=DeploymentSpec(strategy=DeploymentStrategy(type="")))).spec
    assert spec.strategy.type == "RollingUpdate"
    assert spec.strategy.rolling_update.max_surge == "25%"
    assert (spec.replicas, spec.revision_history_limit, spec.progress_deadline_seconds) == (1, 10, 600)


def test_recreate_has_no_rolling_update():
    spec = defaulted(Deployment(spec=DeploymentSpec(strategy=DeploymentStrategy(type="Recreate")))).spec
    assert spec.strategy.rolling_update is None


def test_the_target_port_is_the_port_unless_it_is_said():
    ports = (ServicePort(port=80, protocol=""), ServicePort(port=81, target_port="http"))
    made = service(ports=ports).ports
    assert [(port.protocol, port.target_port) for port in made] == [("TCP", 80), ("TCP", "http")]


def test_a_service_is_internal_by_default():
    spec = service(type="", session_affinity="")
    assert (spec.type, spec.session_affinity) == ("ClusterIP", "None")
    assert (spec.internal_traffic_policy, spec.external_traffic_policy) == ("Cluster", "")
    assert spec.allocate_load_balancer_node_ports is None


def test_a_load_balancer_is_reachable_from_outside():
    spec = service(type="LoadBalancer")
    assert (spec.internal_traffic_policy, spec.external_traffic_policy) == ("Cluster", "Cluster")
    assert spec.allocate_load_balancer_node_ports is True


def test_affinity_lasts_three_hours_and_its_config_goes_with_none():
    config = SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=5))
    assert service(session_affinity="ClientIP").session_affinity_config.client_ip.timeout_seconds == 10800
    assert (
        service(session_affinity="ClientIP", session_affinity_config=config).session_affinity_config == config
    )
    assert service(session_affinity_config=config).session_affinity_config is None


def test_a_hook_asks_for_the_root_by_http_unless_it_says_otherwise():
    hook = LifecycleHandler(http_get=HTTPGetAction(path="", port=1, scheme=""))
    container = Container(name="c", lifecycle=Lifecycle(pre_stop=hook))
    (found,) = defaulted(Pod(spec=PodSpec(containers=(container,)))).spec.containers
    assert found.lifecycle.pre_stop.http_get == HTTPGetAction(path="/", port=1, scheme="HTTP")
