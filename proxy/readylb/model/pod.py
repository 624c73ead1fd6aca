"""Pods (core/v1 Pod): containers that live and die together, and the template that makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from readylb.model.container import Container, ContainerStatus
from readylb.model.meta import ObjectMeta, key, time_field


class PodPhase(StrEnum):
    """Where the pod is in its life."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


_ENDED = frozenset({PodPhase.SUCCEEDED, PodPhase.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PodReadinessGate:
    """A condition, set by somebody else, without which the pod is not Ready."""

    condition_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSpec:
    """What to run. `runtime_class_name` names the runtime: "" (the default) or `external`."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    restart_policy: str = "Always"
    termination_grace_period_seconds: int = 30
    hostname: str = ""
    runtime_class_name: str = ""
    node_name: str = ""
    dns_policy: str = "ClusterFirst"
    readiness_gates: tuple[PodReadinessGate, ...] = ()

    @property
    def sidecars(self) -> tuple[Container, ...]:
        """The restartable init containers."""
        return tuple(item for item in self.init_containers if item.is_sidecar)

    @property
    def long_running(self) -> tuple[Container, ...]:
        """The containers that may be probed and have traffic: regular ones, then sidecars."""
        return (*self.containers, *self.sidecars) if self.init_containers else self.containers

    @property
    def every_container(self) -> tuple[Container, ...]:
        """All containers in the order in which they start."""
        return (*self.init_containers, *self.containers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodCondition:
    """One of PodReadyToStartContainers, Initialized, Ready, ContainersReady, PodScheduled."""

    type: str
    status: str = "False"
    reason: str = ""
    message: str = ""
    last_transition_time: float | None = time_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class PodIP:
    """One address of the pod."""

    ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping:
    """Where a declared container port is really bound when pods share the host's network."""

    container_port: int
    host_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatus:
    """How the pod is going. `port_mappings` is readylb's own addition (empty: ports are as declared)."""

    phase: PodPhase = PodPhase.PENDING
    conditions: tuple[PodCondition, ...] = ()
    message: str = ""
    reason: str = ""
    host_ip: str = key("hostIP", default="")
    pod_ip: str = key("podIP", default="")
    pod_ips: tuple[PodIP, ...] = key("podIPs", default=())
    start_time: float | None = time_field()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: str = ""
    port_mappings: tuple[PortMapping, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One replica."""

    KIND: ClassVar[str] = "Pod"
    API_VERSION: ClassVar[str] = "v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)

    def bound_port(self, container_port: int) -> int:
        """Return the port at `status.pod_ip` that reaches the container's `container_port`."""
        for mapping in self.status.port_mappings:
            if mapping.container_port == container_port:
                return mapping.host_port
        return container_port

    def condition(self, kind: str) -> PodCondition | None:
        """Return the condition of that type, or None."""
        for item in self.status.conditions:  # asked of every pod whenever one has changed: no generator
            if item.type == kind:
                return item
        return None

    @property
    def ready(self) -> bool:
        """Say whether the Ready condition is True."""
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"

    @property
    def terminating(self) -> bool:
        """Say whether deletion has been asked for."""
        return self.metadata.deletion_timestamp is not None

    @property
    def finished(self) -> bool:
        """Say whether the pod has ended for good."""
        return self.status.phase in _ENDED

    def container_status(self, name: str) -> ContainerStatus | None:
        """Return the status of the container of that name, or None."""
        for item in self.status.container_statuses:
            if item.name == name:
                return item
        return next((item for item in self.status.init_container_statuses if item.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTemplateSpec:
    """What a workload makes its pods from."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)
