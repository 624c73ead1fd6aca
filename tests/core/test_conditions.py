from __future__ import annotations

from dataclasses import replace

import pytest

from readylb.core.conditions import pod_conditions
from readylb.model import Pod
from readylb.model.container import Container, ContainerStatus
from readylb.model.pod import PodCondition, PodPhase, PodReadinessGate, PodSpec, PodStatus

POD = Pod(spec=PodSpec(containers=(Container(name="a"), Container(name="b"))))


def conditions(
    *ready: bool, phase: PodPhase = PodPhase.RUNNING, pod: Pod = POD, now: float = 5.0, prepared: bool = True
) -> dict[str, PodCondition]:
    statuses = [
        ContainerStatus(name=name, ready=is_ready) for name, is_ready in zip("ab", ready, strict=False)
    ]
    return {item.type: item for item in pod_conditions(pod, phase, statuses, prepared=prepared, now=now)}


def test_they_come_in_kubelets_order() -> None:
    assert list(conditions(True, True)) == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ]


def test_all_ready_containers_make_a_ready_pod() -> None:
    found = conditions(True, True)
    assert {item.status for item in found.values()} == {"True"}


@pytest.mark.parametrize(
    ("ready", "message"),
    [
        ((False, False), "containers with unready status: [a b]"),
        ((True, False), "containers with unready status: [b]"),
        ((True,), "containers with unknown status: [b]"),
        ((False,), "containers with unready status: [a], containers with unknown status: [b]"),
    ],
)
def test_the_message_names_the_containers_that_are_not_ready(ready: tuple[bool, ...], message: str) -> None:
    for name in ("Ready", "ContainersReady"):
        item = conditions(*ready)[name]
        assert (item.status, item.reason, item.message) == ("False", "ContainersNotReady", message)


@pytest.mark.parametrize(
    ("phase", "reason"), [(PodPhase.SUCCEEDED, "PodCompleted"), (PodPhase.FAILED, "PodFailed")]
)
def test_a_pod_that_has_ended_is_not_ready_and_says_so(phase: PodPhase, reason: str) -> None:
    found = conditions(False, False, phase=phase)
    assert (found["Ready"].status, found["Ready"].reason) == ("False", reason)
    assert found["ContainersReady"].reason == reason
    assert found["PodReadyToStartContainers"].status == "False"


def test_a_condition_is_dated_by_its_last_change_of_status() -> None:
    first = conditions(False, False, now=5.0)
    pod = Pod(spec=POD.spec, status=PodStatus(conditions=tuple(first.values())))
    second = conditions(True, False, pod=pod, now=6.0)
    assert second["Ready"].message != first["Ready"].message
    assert second["Ready"].last_transition_time == 5.0
    third = conditions(True, True, pod=pod, now=7.0)
    assert third["Ready"].last_transition_time == 7.0
    assert third["PodScheduled"].last_transition_time == 5.0


def test_a_condition_that_is_not_kubelets_is_kept() -> None:
    mine = PodCondition(type="example.com/gate", status="True")
    pod = Pod(spec=POD.spec, status=PodStatus(conditions=(mine,)))
    assert conditions(True, True, pod=pod)["example.com/gate"] == mine


def test_a_readiness_gate_keeps_the_pod_from_being_ready_but_not_its_containers() -> None:
    gated = replace(POD, spec=replace(POD.spec, readiness_gates=(PodReadinessGate(condition_type="x/y"),)))
    found = conditions(True, True, pod=gated)
    assert found["ContainersReady"].status == "True"
    assert (found["Ready"].status, found["Ready"].reason, found["Ready"].message) == (
        "False",
        "ReadinessGatesNotReady",
        'corresponding condition of pod readiness gate "x/y" does not exist.',
    )
    closed = replace(gated, status=PodStatus(conditions=(PodCondition(type="x/y"),)))
    message = 'the status of pod readiness gate "x/y" is not "True", but False'
    assert conditions(True, True, pod=closed)["Ready"].message == message
    opened = replace(gated, status=PodStatus(conditions=(PodCondition(type="x/y", status="True"),)))
    found = conditions(True, True, pod=opened)
    assert found["Ready"].status == "True"
    assert found["x/y"].status == "True", "it is somebody else's, and kept"


def test_containers_that_are_not_ready_are_named_before_any_gate() -> None:
    gated = replace(POD, spec=replace(POD.spec, readiness_gates=(PodReadinessGate(condition_type="x/y"),)))
    assert conditions(True, False, pod=gated)["Ready"].reason == "ContainersNotReady"
