"""What the pod's status says, computed whole from the lives of its containers.

Rules of `pkg/kubelet/kubelet_pods.go` (getPhase, convertToAPIContainerStatuses) and
`prober/prober_manager.go` (UpdatePodStatus).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from readylb.core.conditions import pod_conditions
from readylb.core.container_life import ContainerLife, Stage
from readylb.core.init_containers import succeeded, turn
from readylb.core.pod_lifecycle import Verdicts, restarts
from readylb.core.resources import qos_class
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
    spec = pod.spec
    plain = {item.name for item in spec.init_containers if not item.is_sidecar}
    waiting = "PodInitializing" if spec.init_containers else "ContainerCreating"
    statuses = tuple(container_status(item, views[item.name], waiting) for item in spec.containers)
    inits = tuple(
        _init_status(item, views[item.name], waiting)
        if item.name in plain
        else container_status(item, views[item.name], waiting)
        for item in spec.init_containers
    )
    phase = _phase(pod, views, statuses, inits, terminal=terminal)
    conditions = pod_conditions(pod, phase, statuses, prepared=bool(around.pod_ip), now=now, inits=inits)
    return replace(
        old,
        phase=phase,
        conditions=conditions,
        host_ip=around.host_ip,
        pod_ip=around.pod_ip,
        pod_ips=(PodIP(ip=around.pod_ip),) if around.pod_ip else (),
        start_time=now if old.start_time is None else old.start_time,
        init_container_statuses=inits,
        container_statuses=statuses,
        qos_class=old.qos_class or qos_class(spec),
        port_mappings=around.port_mappings,
    )


def container_status(
    container: Container, view: ContainerView, waiting: str = "ContainerCreating"
) -> ContainerStatus:
    """Return the status of one container. `waiting` is what it waits for before its first start.

    Unlike kubelet's, a container whose liveness has failed, or that is being stopped in order to be
    restarted, is not ready: requests must be gone before the signal comes.
    """
    life = view.life
    started = is_started(container, view)
    asked = container.readiness_probe is not None
    dying = life.doomed or view.verdicts.liveness is ProbeResult.FAILURE
    ready = started and not dying and _passed(view.verdicts.readiness, needed=asked)
    state, last = _states(life, waiting)
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


def is_started(container: Container, view: ContainerView) -> bool:
    """Say whether the container runs and, if it has a startup probe, has passed it."""
    running = view.life.stage in {Stage.RUNNING, Stage.STOPPING}
    return running and _passed(view.verdicts.startup, needed=container.startup_probe is not None)


def _init_status(container: Container, view: ContainerView, waiting: str) -> ContainerStatus:
    """Return the status of a plain init container, which is ready when it has done its work."""
    status = container_status(container, view, waiting)
    return replace(status, ready=succeeded(view.life))


def _passed(result: ProbeResult | None, *, needed: bool) -> bool:
    return result is ProbeResult.SUCCESS if needed else True


def _states(life: ContainerLife, waiting: str) -> tuple[ContainerState, ContainerState]:
    """Return (state, last state): the exit moves to the last state as soon as something else is shown."""
    ended = ContainerState(terminated=life.exit)
    if life.stage in {Stage.RUNNING, Stage.STOPPING}:
        running = ContainerState(running=ContainerStateRunning(started_at=life.started_at))
        return running, ended if life.exit else ContainerState()
    if life.exit is None:
        return ContainerState(waiting=ContainerStateWaiting(reason=waiting)), ContainerState()
    if life.waiting is not None:
        return ContainerState(waiting=life.waiting), ended
    return ended, ContainerState(terminated=life.previous_exit) if life.previous_exit else ContainerState()


def _phase(
    pod: Pod,
    views: Mapping[str, ContainerView],
    statuses: tuple[ContainerStatus, ...],
    inits: tuple[ContainerStatus, ...],
    *,
    terminal: bool,
) -> PodPhase:
    """getPhase: containers that have never run make it Pending, one that runs makes it Running.

    A container that was stopped in order to be started again, or is being started, counts as one that
    will run, whatever its exit status was. Sidecars count only as long as they run.
    """
    lives = {name: view.life for name, view in views.items()}
    found = turn(pod, lives, lambda item: is_started(item, views[item.name]))
    running = any(item.state.running for item in statuses)
    ended = [item.state.terminated or item.last_state.terminated for item in statuses]
    if found.failed or (not found.initialized and terminal):
        return PodPhase.FAILED
    if any(not item.state.running and end is None for item, end in zip(statuses, ended, strict=True)):
        return PodPhase.FAILED if terminal and not running else PodPhase.PENDING
    again = any(life.doomed_restart or life.stage is Stage.STARTING for life in lives.values()) or any(
        restarts(pod, item, end) for item, end in zip(pod.spec.containers, ended, strict=True)
    )
    if running or (again and not terminal) or any(item.state.running for item in inits):
        return PodPhase.RUNNING
    succeeded_all = all(end is not None and end.exit_code == 0 for end in ended)
    return PodPhase.SUCCEEDED if succeeded_all else PodPhase.FAILED
