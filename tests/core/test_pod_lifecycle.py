from __future__ import annotations

import pytest

from readylb.core.container_life import ContainerLife
from readylb.core.pod_lifecycle import (
    DONE,
    KEEP,
    START,
    Action,
    Verb,
    Verdicts,
    decide,
    describe_pod,
    grace_seconds,
)
from readylb.model import Pod
from readylb.model.container import Container, ContainerRestartRule, ContainerRestartRuleOnExitCodes
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.model.probe import Probe, ProbeKind, ProbeResult

MAIN = Container(name="main")
RUNNING = ContainerLife().start().started("id", 0.0)
FAILED = Verdicts(liveness=ProbeResult.FAILURE)


def pod(policy: str = "Always", **meta: object) -> Pod:
    spec = PodSpec(containers=(MAIN,), restart_policy=policy)
    return Pod(metadata=ObjectMeta(name="web", uid="u1", **meta), spec=spec)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "exit_code", "action"),
    [
        ("Always", 0, START),
        ("Always", 1, START),
        ("OnFailure", 0, DONE),
        ("OnFailure", 1, START),
        ("Never", 0, DONE),
        ("Never", 1, DONE),
    ],
)
def test_the_policy_decides_whether_an_ended_container_starts_again(
    policy: str, exit_code: int, action: Action
) -> None:
    life = RUNNING.exited(exit_code, 0, 1.0)
    assert decide(pod(policy), MAIN, life, Verdicts(), changed=False) == action


@pytest.mark.parametrize(
    ("policy", "operator", "exit_code", "action"),
    [
        ("Never", "In", 3, START),
        ("Never", "In", 1, DONE),
        ("Never", "NotIn", 1, START),
        ("Never", "NotIn", 3, DONE),
        ("OnFailure", "In", 1, START),
        ("OnFailure", "In", 0, DONE),
    ],
)
def test_a_containers_rules_come_before_its_policy(
    policy: str, operator: str, exit_code: int, action: Action
) -> None:
    """kubecontainer.ShouldContainerBeRestarted, KEP-5307."""
    codes = ContainerRestartRuleOnExitCodes(operator=operator, values=(3,))
    rule = ContainerRestartRule(action="Restart", exit_codes=codes)
    main = Container(name="main", restart_policy=policy, restart_policy_rules=(rule,))
    life = RUNNING.exited(exit_code, 0, 1.0)
    assert decide(pod("Never"), main, life, Verdicts(), changed=False) == action


def test_rules_are_not_asked_when_a_probe_stops_a_container() -> None:
    """kuberuntime_manager.go, computePodActions: it still runs, so there is no exit code."""
    codes = ContainerRestartRuleOnExitCodes(operator="NotIn", values=())
    rule = ContainerRestartRule(action="Restart", exit_codes=codes)
    main = Container(name="main", restart_policy="Never", restart_policy_rules=(rule,))
    found = decide(pod(), main, RUNNING, FAILED, changed=False)
    assert (found.verb, found.restart) == (Verb.STOP, False)


def test_a_new_container_is_started_whatever_the_policy() -> None:
    assert decide(pod("Never"), MAIN, ContainerLife(), Verdicts(), changed=False) == START


@pytest.mark.parametrize(
    ("policy", "verdicts", "message", "restart"),
    [
        ("Always", FAILED, "Container main failed liveness probe, will be restarted", True),
        ("OnFailure", FAILED, "Container main failed liveness probe, will be restarted", True),
        ("Never", FAILED, "Container main failed liveness probe", False),
        (
            "Always",
            Verdicts(startup=ProbeResult.FAILURE),
            "Container main failed startup probe, will be restarted",
            True,
        ),
        (
            "Always",
            Verdicts(startup=ProbeResult.FAILURE, liveness=ProbeResult.FAILURE),
            "Container main failed liveness probe, will be restarted",
            True,
        ),
    ],
)
def test_a_failed_liveness_or_startup_probe_stops_the_container(
    policy: str, verdicts: Verdicts, message: str, restart: bool
) -> None:
    action = decide(pod(policy), MAIN, RUNNING, verdicts, changed=False)
    assert (action.verb, action.message, action.restart) == (Verb.STOP, message, restart)


def test_readiness_never_stops_anything() -> None:
    verdicts = Verdicts(ProbeResult.UNKNOWN, ProbeResult.SUCCESS, ProbeResult.FAILURE)
    assert decide(pod(), MAIN, RUNNING, verdicts, changed=False) == KEEP


def test_a_changed_definition_comes_before_any_probe() -> None:
    action = decide(pod("Never"), MAIN, RUNNING, FAILED, changed=True)
    assert action.message == "Container main definition changed, will be restarted"
    assert action.restart


def test_nothing_is_done_while_a_container_starts_or_stops() -> None:
    for life in (ContainerLife().start(), RUNNING.stop(restart=True)):
        assert decide(pod(), MAIN, life, FAILED, changed=True) == KEEP


def test_a_container_condemned_by_a_probe_is_restarted_even_if_it_ends_with_zero() -> None:
    life = RUNNING.stop(restart=True).exited(0, 0, 1.0)
    assert decide(pod("OnFailure"), MAIN, life, Verdicts(), changed=False) == START


@pytest.mark.parametrize(
    ("meta", "probe_grace", "condemned_by", "seconds"),
    [
        ({}, None, None, 30),
        ({}, 500, ProbeKind.LIVENESS, 500),
        ({}, 5, ProbeKind.LIVENESS, 5),
        ({}, 1, ProbeKind.LIVENESS, 2),
        ({}, None, ProbeKind.LIVENESS, 30),
        ({}, 5, None, 30),
        ({"deletion_timestamp": 1.0, "deletion_grace_period_seconds": 7}, 500, ProbeKind.LIVENESS, 7),
        ({"deletion_timestamp": 1.0, "deletion_grace_period_seconds": 0}, None, None, 2),
    ],
)
def test_grace_comes_from_the_deletion_then_the_probe_then_the_pod(
    meta: dict[str, object], probe_grace: int | None, condemned_by: ProbeKind | None, seconds: int
) -> None:
    container = Container(name="main", liveness_probe=Probe(termination_grace_period_seconds=probe_grace))
    assert grace_seconds(pod(**meta), container, condemned_by) == seconds


def test_a_pod_is_named_as_kubelets_messages_name_it() -> None:
    assert describe_pod(pod()) == "web_default(u1)"


def test_an_endpoint_that_nobody_can_restart_is_left_alone() -> None:
    external = Pod(spec=PodSpec(containers=(MAIN,), runtime_class_name="external"))
    assert decide(external, MAIN, RUNNING, FAILED, changed=True) == KEEP
