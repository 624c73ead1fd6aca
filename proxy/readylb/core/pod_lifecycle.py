"""What to do with a container: leave it, stop it, start it. And for how long it may resist.

Rules of `pkg/kubelet/kuberuntime/kuberuntime_manager.go` (computePodActions, doBackOff) and
`kuberuntime_container.go` (killContainer).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from readylb.core.container_life import ContainerLife, Stage
from readylb.core.drain import MINIMUM_GRACE_SECONDS
from readylb.core.ownership import can_restart
from readylb.model import Pod
from readylb.model.container import Container, ContainerStateTerminated
from readylb.model.probe import Probe, ProbeKind, ProbeResult
from readylb.model.restart import RestartReason


class Verb(StrEnum):
    """What is done to a container."""

    KEEP = "Keep"
    STOP = "Stop"
    START = "Start"
    DONE = "Done"


@dataclass(frozen=True, slots=True)
class Action:
    """A verb; STOP says why, whether to start again, and which probe condemned the container."""

    verb: Verb
    message: str = ""
    restart: bool = False
    probe: ProbeKind | None = None

    @property
    def reason(self) -> RestartReason:
        """Why it is stopped, for whoever has to start it again."""
        return _REASONS.get(self.probe, RestartReason.DEFINITION_CHANGED)


_REASONS: Mapping[ProbeKind | None, RestartReason] = {
    ProbeKind.LIVENESS: RestartReason.LIVENESS_PROBE_FAILED,
    ProbeKind.STARTUP: RestartReason.STARTUP_PROBE_FAILED,
}

KEEP = Action(Verb.KEEP)
START = Action(Verb.START)
DONE = Action(Verb.DONE)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the probes concluded about the running incarnation; None where nothing is known.

    `output` is the last output of the one that condemns it, if one does.
    """

    startup: ProbeResult | None = None
    liveness: ProbeResult | None = None
    readiness: ProbeResult | None = None
    output: str = ""


def decide(
    pod: Pod, container: Container, life: ContainerLife, verdicts: Verdicts, *, changed: bool
) -> Action:
    """Return what to do with a container whose pod is to live. `changed`: it runs an old definition."""
    if life.stage is Stage.NEW:
        return START
    if life.stage is Stage.RUNNING:
        return _judge(pod, container, verdicts, changed=changed)
    if life.stage is not Stage.EXITED:
        return KEEP
    return START if life.doomed_restart or restarts(pod, container, life.exit) else DONE


def restarts(pod: Pod, container: Container, ended: ContainerStateTerminated | None) -> bool:
    """Say whether a container is started again that ended like this (ContainerShouldRestart, KEP-5307).

    The first of its own rules that matches the exit code comes first, then its policy, then the pod's.
    """
    if ended is not None and any(
        rule.exit_codes is not None and rule.exit_codes.matches(ended.exit_code)
        for rule in container.restart_policy_rules
    ):
        return True
    policy = restart_policy(pod, container)
    if policy == "OnFailure":
        return ended is None or ended.exit_code != 0
    return policy != "Never"


def restart_policy(pod: Pod, container: Container) -> str:
    """Return the policy that rules a container: its own before the pod's (KEP-753, KEP-5307).

    A plain init container that has succeeded is never started again, so Always means OnFailure for it.
    """
    policy = container.restart_policy or pod.spec.restart_policy
    plain = container in pod.spec.init_containers and not container.is_sidecar
    return "OnFailure" if plain and policy == "Always" else policy


def grace_seconds(pod: Pod, container: Container, condemned_by: ProbeKind | None = None) -> int:
    """Return the seconds between the stop signal and SIGKILL.

    The pod's deletion grace comes first, then that of the probe that condemned the container, then
    the pod's own; never less than two.
    """
    return max(wanted_grace_seconds(pod, container, condemned_by), MINIMUM_GRACE_SECONDS)


def wanted_grace_seconds(pod: Pod, container: Container, condemned_by: ProbeKind | None = None) -> int:
    """Return the grace period as it was asked for; with 0 there is no time for a preStop hook."""
    meta = pod.metadata
    if meta.deletion_timestamp is not None and meta.deletion_grace_period_seconds is not None:
        return meta.deletion_grace_period_seconds
    probe: Probe | None = container.probe(condemned_by) if condemned_by else None
    own = probe.termination_grace_period_seconds if probe else None
    return pod.spec.termination_grace_period_seconds if own is None else own


def describe_pod(pod: Pod) -> str:
    """Return `NAME_NAMESPACE(UID)`, as kubelet's messages name a pod."""
    return f"{pod.metadata.name}_{pod.metadata.namespace}({pod.metadata.uid})"


def _judge(pod: Pod, container: Container, verdicts: Verdicts, *, changed: bool) -> Action:
    if not can_restart(pod):
        return KEEP
    if changed:
        text = f"Container {container.name} definition changed, will be restarted"
        return Action(Verb.STOP, text, restart=True)
    for kind, result in ((ProbeKind.LIVENESS, verdicts.liveness), (ProbeKind.STARTUP, verdicts.startup)):
        if result is ProbeResult.FAILURE:
            again = restart_policy(pod, container) != "Never"
            suffix = ", will be restarted" if again else ""
            text = f"Container {container.name} failed {kind.lower()} probe{suffix}"
            return Action(Verb.STOP, text, restart=again, probe=kind)
    return KEEP
