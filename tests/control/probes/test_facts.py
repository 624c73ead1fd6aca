from __future__ import annotations

from readylb.control.probes import facts
from readylb.model import Pod
from readylb.model.container import (
    Container,
    ContainerRestartRule,
    ContainerRestartRuleOnExitCodes,
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStatus,
)
from readylb.model.pod import PodSpec, PodStatus


def pod(*statuses: ContainerStatus, policy: str = "Always") -> Pod:
    return Pod(spec=PodSpec(restart_policy=policy), status=PodStatus(container_statuses=statuses))


def test_a_running_container_is_seen_with_its_age() -> None:
    state = ContainerState(running=ContainerStateRunning(started_at=10.0))
    seen = facts.view(pod(ContainerStatus(name="c", container_id="id", state=state, started=True)), "c", 12.5)
    assert (seen.container_id, seen.running, seen.started, seen.uptime_seconds) == ("id", True, True, 2.5)


def test_a_container_without_a_status_has_no_id() -> None:
    seen = facts.view(pod(), "c", 12.5)
    assert (seen.container_id, seen.running, seen.uptime_seconds) == ("", False, 0.0)
    assert not facts.has_started(pod(), "c")


def test_only_under_never_is_an_ended_container_not_started_again() -> None:
    ended = ContainerStatus(
        name="c", container_id="id", state=ContainerState(terminated=ContainerStateTerminated())
    )
    assert facts.view(pod(ended), "c", 1.0).will_restart
    assert not facts.view(pod(ended, policy="Never"), "c", 1.0).will_restart


def test_a_rule_that_restarts_keeps_the_prober() -> None:
    codes = ContainerRestartRuleOnExitCodes(operator="In", values=(3,))
    rule = ContainerRestartRule(action="Restart", exit_codes=codes)
    main = Container(name="c", restart_policy="Never", restart_policy_rules=(rule,))
    for exit_code, will_restart in ((3, True), (1, False)):
        ended = ContainerState(terminated=ContainerStateTerminated(exit_code=exit_code))
        status = PodStatus(container_statuses=(ContainerStatus(name="c", container_id="id", state=ended),))
        seen = facts.view(Pod(spec=PodSpec(containers=(main,)), status=status), "c", 1.0)
        assert seen.will_restart is will_restart


def test_a_containers_own_restart_policy_comes_before_the_pods() -> None:
    """worker.go: the worker ends where the container will not be restarted, and only there."""
    ended = ContainerState(terminated=ContainerStateTerminated())
    for own, of_pod, will_restart in (("Always", "Never", True), ("Never", "Always", False)):
        spec = PodSpec(restart_policy=of_pod, containers=(Container(name="c", restart_policy=own),))
        status = PodStatus(container_statuses=(ContainerStatus(name="c", container_id="id", state=ended),))
        assert facts.view(Pod(spec=spec, status=status), "c", 1.0).will_restart is will_restart
