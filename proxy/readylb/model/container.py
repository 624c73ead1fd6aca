"""Containers: what to run, and how it is going (core/v1 Container, ContainerStatus)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from readylb.model.lifecycle import Lifecycle
from readylb.model.meta import key, time_field
from readylb.model.probe import Probe, ProbeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFieldSelector:
    """A field of the pod itself, such as `metadata.name` or `status.podIP`."""

    field_path: str
    api_version: str = "v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVarSource:
    """Where an environment variable's value comes from."""

    field_ref: ObjectFieldSelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVar:
    """One environment variable; `$(OTHER)` in `value` expands."""

    name: str
    value: str = ""
    value_from: EnvVarSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPort:
    """A port that the container listens on."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"
    host_port: int = 0
    host_ip: str = key("hostIP", default="")


#: Amounts by resource name: `cpu`, `memory`; a number without unit may be written as one.
Quantities = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequirements:
    """What a container may use at most, and what it is promised (which means nothing on one machine)."""

    limits: Quantities = field(default_factory=dict)
    requests: Quantities = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRestartRuleOnExitCodes:
    """Which ends a rule is for: exit codes that are `In` the values, or `NotIn` them."""

    operator: str = ""
    values: tuple[int, ...] = ()

    def matches(self, exit_code: int) -> bool:
        """Say whether an end is one of them."""
        return (exit_code in self.values) is (self.operator == "In")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRestartRule:
    """What to do about some ends whatever the policy says; the only `action` is `Restart`."""

    action: str = ""
    exit_codes: ContainerRestartRuleOnExitCodes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One process to keep, and its probes."""

    name: str
    image: str = ""
    image_pull_policy: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    ports: tuple[ContainerPort, ...] = ()
    env: tuple[EnvVar, ...] = ()
    resources: ResourceRequirements = field(default_factory=ResourceRequirements)
    startup_probe: Probe | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    restart_policy: str = ""
    restart_policy_rules: tuple[ContainerRestartRule, ...] = ()
    termination_message_path: str = ""
    termination_message_policy: str = ""

    @property
    def is_sidecar(self) -> bool:
        """Say of an init container whether it is restartable: it runs beside the others."""
        return self.restart_policy == "Always"

    def probe(self, kind: ProbeKind) -> Probe | None:
        """Return the container's probe of that kind, or None."""
        if kind is ProbeKind.STARTUP:
            return self.startup_probe
        return self.liveness_probe if kind is ProbeKind.LIVENESS else self.readiness_probe


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStateWaiting:
    """Not running, and why: ContainerCreating, CrashLoopBackOff, ..."""

    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStateRunning:
    """Running since `started_at`."""

    started_at: float | None = time_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStateTerminated:
    """Ended: `exit_code` is 128 + signal when a signal ended it, as the runtimes report it."""

    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: float | None = time_field()
    finished_at: float | None = time_field()
    container_id: str = key("containerID", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """Exactly one of the three is set."""

    waiting: ContainerStateWaiting | None = None
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """How one container is going. `container_id` is empty until it was first started."""

    name: str
    state: ContainerState = field(default_factory=ContainerState)
    last_state: ContainerState = field(default_factory=ContainerState)
    ready: bool = False
    started: bool = False
    restart_count: int = 0
    image: str = ""
    image_id: str = key("imageID", default="")
    container_id: str = key("containerID", default="")


def probes_of(container: Container) -> dict[ProbeKind, Probe]:
    """Return the probes that the container has, by kind."""
    found: dict[ProbeKind, Any] = {kind: container.probe(kind) for kind in ProbeKind}
    return {kind: probe for kind, probe in found.items() if probe is not None}
