"""The pod's conditions: what they say, why, and since when.

Rules of `pkg/kubelet/status/generate.go`. Conditions that kubelet does not own are kept as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from readylb.model import Pod
from readylb.model.container import ContainerStatus
from readylb.model.pod import PodCondition, PodPhase

_TERMINAL_REASONS = {PodPhase.SUCCEEDED: "PodCompleted", PodPhase.FAILED: "PodFailed"}


def pod_conditions(  # noqa: PLR0913 -- all that the conditions speak of
    pod: Pod,
    phase: PodPhase,
    statuses: Sequence[ContainerStatus],
    *,
    prepared: bool,
    now: float,
    inits: Sequence[ContainerStatus] = (),
) -> tuple[PodCondition, ...]:
    """Return the conditions in kubelet's order; `last_transition_time` moves only with the status.

    `prepared` says whether the pod's surroundings exist, `inits` how its init containers are going.
    """
    names = [item.name for item in (*pod.spec.sidecars, *pod.spec.containers)]
    containers_ready = _containers_ready(phase, names, (*inits, *statuses))
    fresh = (
        _condition("PodReadyToStartContainers", prepared and phase not in _TERMINAL_REASONS),
        _initialized(pod, phase, statuses, inits),
        _ready(pod, containers_ready),
        containers_ready,
        _condition("PodScheduled", True),
    )
    before = {item.type: item for item in pod.status.conditions}
    own = tuple(_since(item, before.get(item.type), now) for item in fresh)
    kinds = {item.type for item in own}
    return own + tuple(item for item in pod.status.conditions if item.type not in kinds)


def _initialized(
    pod: Pod, phase: PodPhase, statuses: Sequence[ContainerStatus], inits: Sequence[ContainerStatus]
) -> PodCondition:
    """Return Initialized (GeneratePodInitializedCondition); a regular container that has run proves it."""
    if phase is PodPhase.SUCCEEDED:
        return PodCondition(type="Initialized", status="True", reason="PodCompleted")
    sidecars = {item.name for item in pod.spec.sidecars}
    unready = [item.name for item in inits if not (item.started if item.name in sidecars else item.ready)]
    if not unready or any(item.container_id for item in statuses):
        return PodCondition(type="Initialized", status="True")
    return PodCondition(
        type="Initialized",
        status="False",
        reason="ContainersNotInitialized",
        message=f"containers with incomplete status: [{' '.join(unready)}]",
    )


def _ready(pod: Pod, containers_ready: PodCondition) -> PodCondition:
    """Return Ready: the containers are, and every readiness gate is open (GeneratePodReadyCondition)."""
    missing = []
    for gate in pod.spec.readiness_gates:
        found = pod.condition(gate.condition_type)
        name = f'pod readiness gate "{gate.condition_type}"'
        if found is None:
            missing.append(f"corresponding condition of {name} does not exist.")
        elif found.status != "True":
            missing.append(f'the status of {name} is not "True", but {found.status}')
    if containers_ready.status != "True" or not missing:
        return replace(containers_ready, type="Ready")
    return PodCondition(
        type="Ready", status="False", reason="ReadinessGatesNotReady", message=", ".join(missing)
    )


def _containers_ready(
    phase: PodPhase, names: Sequence[str], statuses: Sequence[ContainerStatus]
) -> PodCondition:
    if phase in _TERMINAL_REASONS:
        return PodCondition(type="ContainersReady", status="False", reason=_TERMINAL_REASONS[phase])
    known = {item.name: item for item in statuses}
    unknown = [name for name in names if name not in known]
    unready = [name for name in names if name in known and not known[name].ready]
    parts = [
        f"containers with {word} status: [{' '.join(found)}]"
        for word, found in (("unready", unready), ("unknown", unknown))
        if found
    ]
    if not parts:
        return PodCondition(type="ContainersReady", status="True")
    return PodCondition(
        type="ContainersReady", status="False", reason="ContainersNotReady", message=", ".join(parts)
    )


def _condition(kind: str, holds: bool) -> PodCondition:
    return PodCondition(type=kind, status="True" if holds else "False")


def _since(item: PodCondition, before: PodCondition | None, now: float) -> PodCondition:
    """Return the condition with its time; one that says nothing new stays the object that it was."""
    same = before is not None and before.status == item.status
    since = replace(item, last_transition_time=before.last_transition_time if same and before else now)
    return before if before is not None and since == before else since
