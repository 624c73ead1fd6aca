from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from readylb.core.drained import DRAINED, Flow, drained_conditions, with_drained
from readylb.core.explanation import Evidence, Explanation, Known, explain
from readylb.core.passive import PassiveReason, PassiveSignal
from readylb.model import Pod
from readylb.model.container import (
    Container,
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    ContainerStatus,
)
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodPhase, PodSpec, PodStatus
from readylb.model.probe import ProbeKind, ProbeResult

NOW = 1000.0
RUNNING = ContainerState(running=ContainerStateRunning(started_at=900.0))


UP = ContainerState(running=ContainerStateRunning(started_at=950.0))
DONE = ContainerState(terminated=ContainerStateTerminated(reason="Completed"))


def make_pod(state: ContainerState = RUNNING, *, ready: bool = False, started: bool = True) -> Pod:
    status = "True" if ready else "False"
    reason = "" if ready else "ContainersNotReady"
    return Pod(
        metadata=ObjectMeta(name="web"),
        spec=PodSpec(containers=(Container(name="c"),)),
        status=PodStatus(
            phase=PodPhase.RUNNING,
            conditions=(
                PodCondition(type="Ready", status=status, reason=reason, last_transition_time=940.0),
                PodCondition(type="PodScheduled", status="True"),
            ),
            container_statuses=(ContainerStatus(name="c", state=state, ready=ready, started=started),),
        ),
    )


def readiness(**known: Any) -> Evidence:
    return Evidence(container="c", kind=ProbeKind.READINESS, **known)


FAILING = readiness(
    result=ProbeResult.FAILURE,
    last=ProbeResult.FAILURE,
    streak=4,
    threshold=3,
    output="HTTP probe failed with statuscode: 500",
    asked_at=998.0,
    next_at=1002.5,
)


def told(pod: Pod, *evidence: Evidence, services: tuple[str, ...] = (), **starts_at: float) -> Explanation:
    return explain(pod, Known(evidence=evidence, services=services, starts_at=starts_at), NOW)


def test_a_pod_that_fails_its_readiness_probe_is_told_in_five_lines() -> None:
    assert told(make_pod(), FAILING).lines == (
        "pod/web is out: not Ready for 60s",
        "conditions:   Ready=False (ContainersNotReady), PodScheduled=True",
        "decided by:   readiness probe of container c: 4 failures in a row, 3 decide",
        "last output:  HTTP probe failed with statuscode: 500 (2s ago)",
        "next:         readiness probe of container c in 3 s; no back-off",
    )


def test_a_ready_pod_tells_its_services_and_how_near_a_failure_is() -> None:
    near = replace(FAILING, streak=2, result=ProbeResult.SUCCESS)
    found = told(make_pod(ready=True), near, services=("a", "b"))
    assert found.verdict == "In"
    assert found.headline == "pod/web is in: Ready for 60s, gets traffic of service/a, service/b"
    assert found.decided_by == "readiness probe of container c: 2 of 3 failures"


def test_a_ready_pod_that_nobody_selects_is_out() -> None:
    found = told(make_pod(ready=True))
    assert (found.verdict, found.output) == ("Out", "none")
    assert found.headline.endswith("but no Service selects it")
    assert found.decided_by == "the container's start: it has no readiness probe"


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        (make_pod(ContainerState(), started=False), "startup probe of container c: 1 of 30 failures"),
        (
            make_pod(ContainerState(waiting=ContainerStateWaiting(reason="CrashLoopBackOff", message="x"))),
            "container c waits: CrashLoopBackOff x",
        ),
        (
            make_pod(ContainerState(terminated=ContainerStateTerminated(exit_code=3, reason="Error"))),
            "container c ended with exit code 3 (Error)",
        ),
        (replace(make_pod(), status=PodStatus()), "container c has not been started yet"),
        (
            replace(make_pod(), status=replace(make_pod().status, phase=PodPhase.FAILED, reason="Evicted")),
            "the end of the pod: Failed Evicted",
        ),
        (
            replace(make_pod(), metadata=ObjectMeta(name="web", deletion_timestamp=1020.0)),
            "the deletion of the pod",
        ),
    ],
)
def test_the_first_reason_decides(pod: Pod, words: str) -> None:
    startup = Evidence(
        container="c", kind=ProbeKind.STARTUP, last=ProbeResult.FAILURE, streak=1, threshold=30
    )
    assert told(pod, startup, FAILING).decided_by == words


def test_a_container_that_backs_off_tells_how_it_ended() -> None:
    back_off = ContainerState(
        waiting=ContainerStateWaiting(reason="CrashLoopBackOff", message="back-off 10s")
    )
    ended = ContainerStateTerminated(
        exit_code=128, reason="StartError", message="no such file", finished_at=997.0
    )
    status = ContainerStatus(name="c", state=back_off, last_state=ContainerState(terminated=ended))
    pod = make_pod()
    assert told(replace(pod, status=replace(pod.status, container_statuses=(status,)))).decided_by == (
        "container c waits: CrashLoopBackOff back-off 10s; "
        "it ended 3s ago with exit code 128 (StartError no such file)"
    )


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({}, "container first has not been started yet"),
        ({"first": RUNNING}, "init container first has not ended yet"),
        (
            {"first": ContainerState(terminated=ContainerStateTerminated(exit_code=1, reason="Error"))},
            "container first ended with exit code 1 (Error)",
        ),
        ({"first": DONE, "beside": RUNNING}, "startup probe of container beside: 1 of 30 failures"),
        ({"first": DONE, "beside": UP, "last": RUNNING}, "init container last has not ended yet"),
    ],
)
def test_before_a_pod_is_initialized_its_init_containers_decide(
    states: Mapping[str, ContainerState], words: str
) -> None:
    pod = make_pod(ContainerState(waiting=ContainerStateWaiting(reason="PodInitializing")), started=False)
    statuses = tuple(
        ContainerStatus(name=name, state=state, ready=state is DONE, started=state is UP)
        for name, state in states.items()
    )
    inits = (
        Container(name="first"),
        Container(name="beside", restart_policy="Always"),
        Container(name="last"),
    )
    waits = PodCondition(type="Initialized", status="False")
    status = replace(pod.status, init_container_statuses=statuses, conditions=(waits,))
    startup = Evidence(
        container="beside", kind=ProbeKind.STARTUP, last=ProbeResult.FAILURE, streak=1, threshold=30
    )
    pod = replace(pod, spec=replace(pod.spec, init_containers=inits), status=status)
    assert told(pod, startup).decided_by == words


def test_a_readiness_gate_decides_when_every_container_is_ready() -> None:
    pod = make_pod(ready=True)
    gate = PodCondition(type="Ready", status="False", reason="ReadinessGatesNotReady", message="gate x")
    found = told(replace(pod, status=replace(pod.status, conditions=(gate,))))
    assert found.decided_by == "ReadinessGatesNotReady: gate x"


def test_a_failed_liveness_probe_decides_over_readiness() -> None:
    liveness = replace(FAILING, kind=ProbeKind.LIVENESS, streak=0)
    found = told(make_pod(), FAILING, liveness)
    assert found.decided_by.startswith("liveness probe of container c: 3 failures; ")
    assert found.decided_by.endswith("the container is to be restarted")


def test_a_liveness_restart_that_waits_for_others_says_so() -> None:
    liveness = replace(FAILING, kind=ProbeKind.LIVENESS, streak=0, next_at=math.inf, on_hold=True)
    found = explain(make_pod(ready=True), Known(evidence=(liveness,), postponed=("c",)), NOW)
    assert found.decided_by == (
        "liveness probe of container c: 3 failures; its restart waits for another Ready pod"
    )
    assert found.upcoming == (
        "liveness probe of container c is on hold until the container is new; no back-off"
    )


def test_the_operators_word_decides_over_every_probe() -> None:
    passing = readiness(result=ProbeResult.SUCCESS, last=ProbeResult.SUCCESS, streak=9, output="ok")
    pod = with_drained(make_pod(ready=True), {DRAINED: "true"})
    found = told(pod, passing)
    assert found.headline == "pod/web is out: drained by an operator (Ready)"
    assert found.decided_by == "the operator: annotation readylb.io/drained; workers are being told"
    conditions = drained_conditions(pod, pod.status.conditions, Flow.ENDING, 988.0)
    found = told(replace(pod, status=replace(pod.status, conditions=conditions)), passing)
    assert (found.verdict, found.since) == ("Out", 988.0)
    assert found.headline == "pod/web is out: drained by an operator for 12s (Ready)"
    assert found.conditions.endswith("readylb.io/Drained=False (Draining)")
    assert found.decided_by.endswith("readylb.io/drained; no new requests; running ones finish")
    assert told(with_drained(make_pod(), {DRAINED: "true"}), FAILING).headline.endswith("(not Ready)")


def test_what_traffic_holds_against_a_ready_pod_decides() -> None:
    passing = readiness(result=ProbeResult.SUCCESS, last=ProbeResult.SUCCESS, streak=9, output="ok")
    refused = PassiveSignal(reason=PassiveReason.REFUSED, since=998.0)
    known = Known(evidence=(passing,), services=("web",), signals=(refused,))
    found = explain(make_pod(ready=True), known, NOW)
    assert (found.verdict, found.since) == ("Out", 998.0)
    assert found.headline == "pod/web is out: Ready, but left out by traffic for 2s"
    assert found.decided_by == (
        "traffic: it refused a connection 2s ago; it is back when its readiness probe passes"
    )


def test_one_service_may_leave_out_what_another_does_not() -> None:
    ejected = PassiveSignal(reason=PassiveReason.EJECTED, since=995.0, until=1025.0, service="web", port=80)
    over = replace(ejected, until=999.0, service="api")
    known = Known(services=("api", "web"), signals=(ejected, over))
    found = explain(make_pod(ready=True), known, NOW)
    assert found.verdict == "In"
    assert found.headline == (
        "pod/web is in: Ready for 60s, gets traffic of service/api; left out of service/web"
    )
    assert found.decided_by == (
        "traffic of service/web:80: several requests in a row failed, the last one 5s ago; it is back in 25 s"
    )


def test_a_termination_is_as_old_as_the_request_for_it() -> None:
    meta = ObjectMeta(name="web", deletion_timestamp=1020.0, deletion_grace_period_seconds=30)
    found = told(replace(make_pod(), metadata=meta))
    assert (found.since, found.headline) == (990.0, "pod/web is out: terminating for 10s")


def test_what_comes_next_is_in_order_with_back_off_and_other_probes_troubles() -> None:
    liveness = replace(FAILING, kind=ProbeKind.LIVENESS, streak=2, result=ProbeResult.SUCCESS, next_at=1001.0)
    assert told(make_pod(), FAILING, liveness, c=1008.2).upcoming == (
        "liveness probe of container c in 1 s (2 of 3 failures); readiness probe of container c in 3 s; "
        "back-off of container c has 9 s left"
    )


def test_long_output_is_cut_and_put_on_one_line() -> None:
    found = told(make_pod(), replace(FAILING, output="a\nb\n" * 400))
    assert found.output.startswith("a b a b ")
    assert found.output.endswith("... (2s ago)")
    assert "\n" not in found.output


def test_counts_have_their_number() -> None:
    passing = readiness(last=ProbeResult.SUCCESS, streak=1, threshold=1)
    assert passing.count == "1 success in a row, 1 decides"
    assert replace(passing, streak=7).count == "7 successes in a row, 1 decides"
    assert readiness().count == "no attempt counted yet"
    assert replace(FAILING, streak=0, result=ProbeResult.UNKNOWN).count == "no attempt counted yet"
