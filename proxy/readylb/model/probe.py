"""Probes: what to ask a container, how often, and what the answers amount to (core/v1 Probe)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from readylb.model.meta import ObjectMeta, key


class ProbeKind(StrEnum):
    """The three questions: has it started, is it alive, may it have traffic."""

    STARTUP = "Startup"
    LIVENESS = "Liveness"
    READINESS = "Readiness"


class ProbeResult(StrEnum):
    """The outcome of one attempt, or the conclusion drawn from several."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPHeader:
    """One header line to send; names may repeat."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecAction:
    """Run a command in the container; exit status 0 is success."""

    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPGetAction:
    """GET a URL; 200-399 is success. `port` is a number or the name of a container port."""

    path: str = "/"
    port: int | str = 0
    host: str = ""
    scheme: str = "HTTP"
    http_headers: tuple[HTTPHeader, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TCPSocketAction:
    """Open a TCP connection; established is success."""

    port: int | str = 0
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPCAction:
    """Call grpc.health.v1.Health/Check."""

    port: int = 0
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One probe with Kubernetes' defaults. Times are whole seconds."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: int = 0
    timeout_seconds: int = 1
    period_seconds: int = 10
    success_threshold: int = 1
    failure_threshold: int = 3
    termination_grace_period_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeStatus:
    """The conclusion of one probe of one container incarnation.

    Written to the store by the probe controller, only when `result` changes; the pod controller
    reads it (kubelet's `prober/results`). `container_id` says which incarnation it speaks of: a
    conclusion about an older one counts for nothing. Named `POD.CONTAINER.KIND`.
    """

    KIND: ClassVar[str] = "ProbeStatus"
    API_VERSION: ClassVar[str] = "readylb.io/v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    pod_name: str = ""
    pod_uid: str = key("podUID", default="")
    container: str = ""
    container_id: str = key("containerID", default="")
    kind: ProbeKind = ProbeKind.READINESS
    result: ProbeResult = ProbeResult.UNKNOWN
    message: str = ""
