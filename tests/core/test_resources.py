from __future__ import annotations

import pytest

from readylb.core.resources import Limits, limits, qos_class, unenforceable, wanted_controllers
from readylb.model import Pod
from readylb.model.container import Container, ResourceRequirements
from readylb.model.pod import PodSpec


def container(limit: dict[str, str] | None = None, request: dict[str, str] | None = None) -> Container:
    resources = ResourceRequirements(limits=limit or {}, requests=request or {})
    return Container(name="main", resources=resources)


def test_limits_are_bytes_and_microseconds_in_a_tenth_of_a_second() -> None:
    found = limits(container({"memory": "64Mi", "cpu": "500m"}))
    assert found == Limits(64 * 2**20, 50_000)
    assert found.cpu_max == "50000 100000"
    assert found.controllers() == ("cpu", "memory")


def test_no_limit_and_a_limit_of_nothing_are_no_limit() -> None:
    assert limits(container()) == limits(container({"memory": "0", "cpu": "0"})) == Limits()
    assert Limits().cpu_max == "max 100000"
    assert Limits().controllers() == ()


def test_a_quota_is_never_below_what_the_kernel_takes() -> None:
    assert limits(container({"cpu": "1m"})).cpu_quota == 1000


def test_what_a_pod_wants_of_the_kernel_and_what_nobody_has() -> None:
    spec = PodSpec(
        containers=(container({"cpu": "1", "example.com/gpu": "1"}), container({"memory": "1Gi"})),
        init_containers=(container({"ephemeral-storage": "1Gi"}),),
    )
    assert wanted_controllers(Pod(spec=spec)) == ("cpu", "memory")
    assert unenforceable(Pod(spec=spec)) == ("ephemeral-storage", "example.com/gpu")


BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("containers", "quality"),
    [
        ((container(),), "BestEffort"),
        ((container({"cpu": "0"}),), "BestEffort"),
        ((container(BOTH),), "Guaranteed"),
        ((container(BOTH, {"cpu": "1000m", "memory": "1024Mi"}),), "Guaranteed"),
        ((container(BOTH, {"cpu": "500m", "memory": "1Gi"}),), "Burstable"),
        ((container({"cpu": "1"}),), "Burstable"),
        ((container(None, {"memory": "1Gi"}),), "Burstable"),
        ((container(BOTH), container()), "Burstable"),
    ],
)
def test_the_quality_of_service_is_what_limits_and_requests_make_it(
    containers: tuple[Container, ...], quality: str
) -> None:
    assert qos_class(PodSpec(containers=containers)) == quality
