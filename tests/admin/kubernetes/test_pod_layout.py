from __future__ import annotations

from dataclasses import replace

import pytest
from tests.admin.fakes import make_pod, running, waiting

from readylb.admin.kubernetes.pod_layout import POD_LAYOUT, pod_row
from readylb.core.leads_back import with_leads_back
from readylb.model import Pod
from readylb.model.container import ContainerState, ContainerStateTerminated, ContainerStatus
from readylb.model.pod import PodCondition, PodPhase, PortMapping

NOW = 1_700_000_000.0


def ended(**state: object) -> ContainerStatus:
    return ContainerStatus(name="x", state=ContainerState(terminated=ContainerStateTerminated(**state)))


def pod_with(*statuses: ContainerStatus, phase: PodPhase = PodPhase.RUNNING, **meta: object) -> Pod:
    pod = make_pod("p", NOW, **meta)
    return replace(pod, status=replace(pod.status, phase=phase, container_statuses=statuses))


def unready(pod: Pod) -> Pod:
    return replace(pod, status=replace(pod.status, conditions=(PodCondition(type="Ready"),)))


@pytest.mark.parametrize(
    ("pod", "status"),
    [
        (pod_with(running(NOW)), "Running"),
        (pod_with(phase=PodPhase.PENDING), "Pending"),
        (pod_with(waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (pod_with(waiting("")), "Running"),
        (pod_with(ended(reason="Error", exit_code=1)), "Error"),
        (pod_with(ended(exit_code=3)), "ExitCode:3"),
        (pod_with(ended(exit_code=137, signal=9)), "Signal:9"),
        (pod_with(waiting("First"), waiting("Last")), "First"),
        (pod_with(ended(reason="Completed"), running(NOW)), "Running"),
        (unready(pod_with(ended(reason="Completed"), running(NOW))), "NotReady"),
        (pod_with(running(NOW), deletion_timestamp=NOW), "Terminating"),
        (pod_with(ended(reason="Completed"), phase=PodPhase.SUCCEEDED, deletion_timestamp=NOW), "Completed"),
    ],
)
def test_status_is_what_kubectl_says(pod: Pod, status: str) -> None:
    assert pod_row(pod, NOW)[2] == status


def test_a_pod_that_failed_for_a_reason_shows_it() -> None:
    pod = pod_with(phase=PodPhase.FAILED)
    assert pod_row(replace(pod, status=replace(pod.status, reason="Evicted")), NOW)[2] == "Evicted"


def test_a_pod_that_leads_back_to_readylb_is_ready_and_says_so() -> None:
    cells = pod_row(with_leads_back(pod_with(running(NOW)), ["web:80"], NOW), NOW)
    assert cells[1:3] == ("1/1", "Running,LeadsBack")


def test_ready_counts_containers_that_are_ready_and_run() -> None:
    assert pod_row(pod_with(running(NOW)), NOW)[1] == "1/1"
    assert pod_row(pod_with(running(NOW, ready=False)), NOW)[1] == "0/1"
    assert pod_row(pod_with(replace(waiting("X"), ready=True)), NOW)[1] == "0/1"


def test_restarts_say_how_long_ago_the_latest_was() -> None:
    assert pod_row(pod_with(running(NOW, restarts=6, ended=NOW - 23)), NOW)[3] == "6 (23s ago)"
    both = pod_with(running(NOW, restarts=1, ended=NOW - 400), running(NOW, restarts=2, ended=NOW - 90))
    assert pod_row(both, NOW)[3] == "3 (90s ago)"
    assert pod_row(pod_with(running(NOW, restarts=1)), NOW)[3] == "1"
    assert pod_row(pod_with(running(NOW)), NOW)[3] == "0"


def test_wide_columns_follow_the_age() -> None:
    names = [column.name for column in POD_LAYOUT.columns]
    assert names[4:] == ["Age", "IP", "Node", "Nominated Node", "Readiness Gates"]
    pod = pod_with(creation_timestamp=NOW - 300)
    assert pod_row(pod, NOW)[4:] == ("5m", "127.0.0.1", "here", "<none>", "<none>")


@pytest.mark.parametrize(
    ("address", "ports", "cell"),
    [
        ("", (), "<none>"),
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", (25001,), "127.0.0.1:25001"),
        ("::1", (25001, 25002), "[::1]:25001,25002"),
    ],
)
def test_the_address_has_the_ports_that_were_given_to_the_pod(
    address: str, ports: tuple[int, ...], cell: str
) -> None:
    pod = pod_with()
    mapped = tuple(
        PortMapping(container_port=8080 + place, host_port=port) for place, port in enumerate(ports)
    )
    pod = replace(pod, status=replace(pod.status, pod_ip=address, port_mappings=mapped))
    assert pod_row(pod, NOW)[5] == cell
