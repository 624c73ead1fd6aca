from __future__ import annotations

import pytest

from readylb.core.container_life import ContainerLife
from readylb.core.pod_lifecycle import Verdicts
from readylb.core.pod_status import ContainerView, PodNetwork, container_status, pod_status
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.pod import PodPhase, PodSpec, PortMapping
from readylb.model.probe import Probe, ProbeResult

NEW = ContainerLife()
UP = NEW.start().started("id", 1.0)
OK, BAD, UNKNOWN = ProbeResult.SUCCESS, ProbeResult.FAILURE, ProbeResult.UNKNOWN


def ended(code: int) -> ContainerLife:
    return UP.exited(code, 0, 2.0)


@pytest.mark.parametrize(
    ("lives", "policy", "terminal", "phase"),
    [
        ((NEW,), "Always", False, PodPhase.PENDING),
        ((UP, NEW), "Always", False, PodPhase.PENDING),
        ((UP, UP), "Always", False, PodPhase.RUNNING),
        ((UP, ended(1)), "Never", False, PodPhase.RUNNING),
        ((ended(0), ended(1)), "Always", False, PodPhase.RUNNING),
        ((ended(0), ended(0)), "OnFailure", False, PodPhase.SUCCEEDED),
        ((ended(0), ended(1)), "OnFailure", False, PodPhase.RUNNING),
        ((ended(0), ended(1)), "Never", False, PodPhase.FAILED),
        ((ended(0), ended(0)), "Never", False, PodPhase.SUCCEEDED),
        ((ended(0).start(),), "OnFailure", False, PodPhase.RUNNING),
        ((ended(143), ended(0)), "Always", True, PodPhase.FAILED),
        ((ended(0), ended(0)), "Always", True, PodPhase.SUCCEEDED),
        ((NEW,), "Always", True, PodPhase.FAILED),
    ],
)
def test_the_phase_follows_from_the_containers(
    lives: tuple[ContainerLife, ...], policy: str, terminal: bool, phase: PodPhase
) -> None:
    containers = tuple(Container(name=f"c{number}") for number in range(len(lives)))
    pod = Pod(spec=PodSpec(containers=containers, restart_policy=policy))
    views = {f"c{number}": ContainerView(life, Verdicts()) for number, life in enumerate(lives)}
    assert pod_status(pod, PodNetwork(), views, terminal=terminal, now=3.0).phase is phase


@pytest.mark.parametrize(
    ("startup", "readiness", "verdicts", "started", "ready"),
    [
        (False, False, Verdicts(), True, True),
        (False, True, Verdicts(), True, False),
        (False, True, Verdicts(readiness=BAD), True, False),
        (False, True, Verdicts(readiness=OK, liveness=BAD), True, False),
        (False, False, Verdicts(liveness=BAD), True, False),
        (False, True, Verdicts(readiness=OK), True, True),
        (True, False, Verdicts(), False, False),
        (True, False, Verdicts(startup=UNKNOWN), False, False),
        (True, False, Verdicts(startup=OK), True, True),
        (True, True, Verdicts(startup=UNKNOWN, readiness=OK), False, False),
        (True, True, Verdicts(startup=OK, readiness=OK), True, True),
    ],
)
def test_started_and_ready_follow_from_the_probes(
    startup: bool, readiness: bool, verdicts: Verdicts, started: bool, ready: bool
) -> None:
    container = Container(
        name="c", startup_probe=Probe() if startup else None, readiness_probe=Probe() if readiness else None
    )
    status = container_status(container, ContainerView(UP, verdicts))
    assert (status.started, status.ready) == (started, ready)


@pytest.mark.parametrize("life", [NEW, ended(0), ended(0).start()])
def test_a_container_that_does_not_run_is_neither_started_nor_ready(life: ContainerLife) -> None:
    status = container_status(Container(name="c"), ContainerView(life, Verdicts()))
    assert (status.started, status.ready) == (False, False)


def test_a_container_that_is_stopped_to_be_restarted_is_not_ready_but_one_of_a_leaving_pod_is() -> None:
    container = Container(name="c")
    assert not container_status(container, ContainerView(UP.stop(restart=True), Verdicts())).ready
    assert container_status(container, ContainerView(UP.stop(restart=False), Verdicts())).ready


def test_the_states_tell_the_story_of_a_crash_loop() -> None:
    def shown(life: ContainerLife) -> tuple[str, str]:
        status = container_status(Container(name="c"), ContainerView(life, Verdicts()))
        names = []
        for state in (status.state, status.last_state):
            if state.waiting:
                names.append(state.waiting.reason)
            else:
                names.append(
                    "running" if state.running else state.terminated.reason if state.terminated else ""
                )
        return names[0], names[1]

    assert shown(NEW) == ("ContainerCreating", "")
    assert shown(UP) == ("running", "")
    assert shown(ended(1)) == ("Error", "")
    refused = ended(1).refused("CrashLoopBackOff", "")
    assert shown(refused) == ("CrashLoopBackOff", "Error")
    assert shown(refused.start()) == ("CrashLoopBackOff", "Error")
    again = refused.start().started("id2", 5.0)
    assert shown(again) == ("running", "Error")
    assert shown(again.exited(0, 0, 6.0)) == ("Completed", "Error")


def test_the_network_and_the_start_are_shown() -> None:
    container = Container(name="c")
    pod = Pod(spec=PodSpec(containers=(container,)))
    network = PodNetwork("10.0.0.1", "127.0.0.1", (PortMapping(container_port=80, host_port=8080),))
    status = pod_status(pod, network, {"c": ContainerView(UP, Verdicts())}, terminal=False, now=3.0)
    assert (status.pod_ip, status.pod_ips[0].ip, status.host_ip) == ("10.0.0.1", "10.0.0.1", "127.0.0.1")
    assert (status.start_time, status.port_mappings) == (3.0, network.port_mappings)


def test_a_clean_exit_after_a_probe_kill_does_not_end_the_pod() -> None:
    life = UP.stop(restart=True).exited(0, 0, 2.0)
    pod = Pod(spec=PodSpec(containers=(Container(name="c"),), restart_policy="OnFailure"))
    views = {"c": ContainerView(life, Verdicts())}
    assert pod_status(pod, PodNetwork(), views, terminal=False, now=3.0).phase is PodPhase.RUNNING
