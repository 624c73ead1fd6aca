from __future__ import annotations

import pytest

from readylb.model import Pod
from readylb.model.container import ContainerStatus
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodPhase, PodStatus, PortMapping


def test_a_port_without_a_mapping_is_bound_as_declared() -> None:
    pod = Pod(status=PodStatus(port_mappings=(PortMapping(container_port=8080, host_port=40001),)))
    assert (pod.bound_port(8080), pod.bound_port(9090)) == (40001, 9090)


def test_a_pod_is_ready_by_its_condition_alone() -> None:
    def pod(status: str) -> Pod:
        return Pod(status=PodStatus(conditions=(PodCondition(type="Ready", status=status),)))

    assert (pod("True").ready, pod("False").ready, pod("Unknown").ready, Pod().ready) == (
        True,
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("phase", "finished"),
    [
        (PodPhase.PENDING, False),
        (PodPhase.RUNNING, False),
        (PodPhase.SUCCEEDED, True),
        (PodPhase.FAILED, True),
    ],
)
def test_a_pod_is_finished_in_its_last_two_phases(phase, finished) -> None:
    assert Pod(status=PodStatus(phase=phase)).finished is finished


def test_a_pod_terminates_from_its_deletion_timestamp_on() -> None:
    assert Pod(metadata=ObjectMeta(deletion_timestamp=1.0)).terminating
    assert not Pod().terminating


def test_a_container_status_is_found_by_name() -> None:
    status = ContainerStatus(name="app")
    pod = Pod(status=PodStatus(container_statuses=(status,)))
    assert pod.container_status("app") is status
    assert pod.container_status("sidecar") is None
