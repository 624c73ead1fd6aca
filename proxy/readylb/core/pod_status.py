"""What the pod's status says, computed whole from the lives of its containers.

Rules of `pkg/kubelet/kubelet_pods.go` (getPhase, convertToAPIContainerStatuses) and
`prober/prober_manager.go` (UpdatePodStatus).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from readylb.core.conditions import pod_conditions
from readylb.core.container_life import ContainerLife, Stage
from readylb.core.pod_lifecycle import Verdicts
from readylb.model import Pod
from readylb.model.container import (
    Container,
    ContainerState,
    ContainerStateRunning,
    ContainerStateWaiting,
    ContainerStatus,
)
from readylb.model.pod import PodIP, PodPhase, PodStatus, PortMapping
from readylb.model.probe import ProbeResult


@dataclass(frozen=True, slots=True)
class PodNetwork:
    """Where the pod can be reached. An empty `pod_ip` means: not yet."""

    pod_ip: str = ""
    host_ip: str = ""
    port_mappings: tuple[PortMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class ContainerView:
    """One container: how it lives, and what the probes concluded about this incarnation."""

    life: ContainerLife
    verdicts: Verdicts


def pod_status(
    pod: Pod, around: PodNetwork, views: Mapping[str, ContainerView], *, terminal: bool, now: float
) -> PodStatus:
    """Return the whole status. `terminal` says that no container will be started any more."""
    old = pod.status
    statuses = tuple(container_status(item, views[item.name]) for item in pod.spec.containers)
    returning = any(view.life.doomed_restart for view in views.values())
    phase = _phase(pod, statuses, terminal=terminal, returning=returning)
    conditions = pod_conditions(pod, phase, statuses, prepared=bool(around.pod_ip), now=now)
    return replace(
        old,
        phase=phase,
        conditions=conditions,
        host_ip=around.host_ip,
        pod_ip=around.pod_ip,
        pod_ips=(PodIP(ip=around.pod_ip),) if around.pod_ip else (),
        start_time=now if old.start_time is None else old.start_time,
        container_statuses=statuses,
        qos_class=old.qos_class or "BestEffort",
        port_mappings=around.port_mappings,
    )


def container_status(container: Container, view: ContainerView) -> ContainerStatus:
    """Return the status of one container.

    Unlike kubelet's, a container whose liveness has failed, or that is being stopped in order to be
    restarted, is not ready: requests must be gone before the signal comes.
    """
    life = view.life
    running = life.stage in {Stage.RUNNING, Stage.STOPPING}
    started = running and _passed(view.verdicts.startup, needed=container.startup_probe is not None)
    asked = container.readiness_probe is not None
    dying = life.doomed or view.verdicts.liveness is ProbeResult.FAILURE
    ready = started and not dying and _passed(view.verdicts.readiness, needed=asked)
    state, last = _states(life)
    return ContainerStatus(
        name=container.name,
        state=state,
        last_state=last,
        ready=ready,
        started=started,
        restart_count=life.restart_count,
        image=container.image,
        container_id=life.container_id,
    )


def _passed(result: ProbeResult | None, *, needed: bool) -> bool:
    return result is ProbeResult.SUCCESS if needed else True


def _states(life: ContainerLife) -> tuple[ContainerState, ContainerState]:
    """Return (state, last state): the exit moves to the last state as soon as something else is shown."""
    ended = ContainerState(terminated=life.exit)
    if life.stage in {Stage.RUNNING, Stage.STOPPING}:
        running = ContainerState(running=ContainerStateRunning(started_at=life.started_at))
        return running, ended if life.exit else ContainerState()
    if life.exit is None:
        return ContainerState(waiting=ContainerStateWaiting(reason="ContainerCreating")), ContainerState()
    if life.waiting is not None:
        return ContainerState(waiting=life.waiting), ended
    return ended, ContainerState(terminated=life.previous_exit) if life.previous_exit else ContainerState()


def _phase(pod: Pod, statuses: tuple[ContainerStatus, ...], *, terminal: bool, returning: bool) -> PodPhase:
    """getPhase: containers that have never run make it Pending, one that runs makes it Running.

    `returning`: a container was stopped in order to be started again, whatever its exit status was.
    """
    running = any(item.state.running for item in statuses)
    ended = [item.state.terminated or item.last_state.terminated for item in statuses]
    if any(not item.state.running and end is None for item, end in zip(statuses, ended, strict=True)):
        return PodPhase.FAILED if terminal and not running else PodPhase.PENDING
    succeeded = all(end is not None and end.exit_code == 0 for end in ended)
    policy = pod.spec.restart_policy
    again = returning or policy == "Always" or (policy == "OnFailure" and not succeeded)
    if running or (again and not terminal):
        return PodPhase.RUNNING
    return PodPhase.SUCCEEDED if succeeded else PodPhase.FAILED
