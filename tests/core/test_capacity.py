from __future__ import annotations

from readylb.core.capacity import first_beyond, places, too_many
from readylb.model import Deployment, Pod, ReplicationController, Service
from readylb.model.container import Container, ContainerPort
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.workload import DeploymentSpec, ReplicationControllerSpec


def pod_spec(*ports: ContainerPort, runtime: str = "") -> PodSpec:
    return PodSpec(containers=(Container(name="a", ports=ports),), runtime_class_name=runtime)


def deployment(replicas: int, *ports: int) -> Deployment:
    declared = (ContainerPort(container_port=port) for port in ports)
    template = PodTemplateSpec(spec=pod_spec(*declared))
    return Deployment(spec=DeploymentSpec(replicas=replicas, template=template))


def test_each_declared_port_takes_a_place_and_a_pod_without_any_one_too() -> None:
    assert places(deployment(3, 80, 81)) == 6
    assert places(deployment(3)) == 3
    assert places(deployment(3, 80), replicas=5) == 5
    assert places(Pod(spec=pod_spec())) == 1


def test_a_host_port_is_not_of_the_range_and_a_port_that_two_name_is_one() -> None:
    named = ContainerPort(container_port=80, host_port=8080)
    assert places(Pod(spec=pod_spec(named, ContainerPort(container_port=81)))) == 1
    assert places(Pod(spec=pod_spec(*(ContainerPort(container_port=81),) * 2))) == 1


def test_what_runs_elsewhere_or_makes_no_pods_takes_nothing() -> None:
    assert places(Pod(spec=pod_spec(runtime="external"))) == 0
    assert places(ReplicationController(spec=ReplicationControllerSpec(replicas=3))) == 0
    assert places(Service()) == 0


def test_ten_thousand_is_the_most() -> None:
    assert too_many(10_000) == ""
    assert "would take 10001 ports" in too_many(10_001)
    assert "there are 10000 (20000-29999): lower the number of replicas" in too_many(10_001)


def test_the_first_that_finds_no_room_is_named() -> None:
    assert first_beyond([deployment(6000), deployment(4000)]) is None
    found = first_beyond([deployment(6000), deployment(4001), deployment(1)])
    assert found is not None
    assert (found[0], found[1]) == (1, too_many(10_001))
