"""What a pod's status says about one container, put as the questions a prober asks."""

from __future__ import annotations

from readylb.core.pod_lifecycle import restart_policy, restarts
from readylb.core.probe_tracker import View
from readylb.model import Pod
from readylb.model.container import ContainerStateRunning, ContainerStateTerminated, ContainerStatus

_UNKNOWN = ContainerStatus(name="")


def view(pod: Pod, container: str, now: float) -> View:
    """Return the container's view at `now`; one that has no status yet has no id."""
    status = pod.container_status(container) or _UNKNOWN
    running = status.state.running
    return View(
        pod_finished=pod.finished,
        pod_terminating=pod.terminating,
        container_id=status.container_id,
        running=running is not None,
        started=status.started,
        will_restart=not _ends_for_good(pod, container, status.state.terminated),
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


def _ends_for_good(pod: Pod, name: str, ended: ContainerStateTerminated | None) -> bool:
    """Say whether a container that ended is not started again (worker.go, KEP-5307).

    Under OnFailure one that a probe has condemned is, whatever its exit code: nobody leaves it alone.
    """
    if ended is None:
        return False
    found = next((item for item in pod.spec.every_container if item.name == name), None)
    if found is None:
        return pod.spec.restart_policy == "Never"
    return restart_policy(pod, found) == "Never" and not restarts(pod, found, ended)


def _since(running: ContainerStateRunning | None, now: float) -> float:
    return now if running is None or running.started_at is None else running.started_at
