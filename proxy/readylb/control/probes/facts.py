"""What a pod's status says about one container, put as the questions a prober asks."""

from __future__ import annotations

from readylb.core.pod_lifecycle import restart_policy
from readylb.core.probe_tracker import View
from readylb.model import Pod
from readylb.model.container import ContainerStateRunning, ContainerStatus

_UNKNOWN = ContainerStatus(name="")


def view(pod: Pod, container: str, now: float) -> View:
    """Return the container's view at `now`; one that has no status yet has no id."""
    status = pod.container_status(container) or _UNKNOWN
    running = status.state.running
    ended = status.state.terminated is not None
    return View(
        pod_finished=pod.finished,
        pod_terminating=pod.terminating,
        container_id=status.container_id,
        running=running is not None,
        started=status.started,
        will_restart=not ended or _policy(pod, container) != "Never",
        uptime_seconds=now - _since(running, now),
    )


def has_started(pod: Pod, container: str) -> bool:
    """Say whether the container has started."""
    status = pod.container_status(container)
    return status is not None and status.started


def started_at(pod: Pod, container: str, now: float) -> float:
    """Return when the running incarnation started (epoch seconds)."""
    status = pod.container_status(container)
    return _since(status.state.running if status else None, now)


def _policy(pod: Pod, name: str) -> str:
    """Return the policy that rules the container, its own before the pod's (worker.go, KEP-5307)."""
    found = next((item for item in pod.spec.every_container if item.name == name), None)
    return pod.spec.restart_policy if found is None else restart_policy(pod, found)


def _since(running: ContainerStateRunning | None, now: float) -> float:
    return now if running is None or running.started_at is None else running.started_at
