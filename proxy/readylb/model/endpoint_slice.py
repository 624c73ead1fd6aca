"""EndpointSlices (discovery/v1): the addresses behind a Service, and whether each may have traffic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from readylb.model.meta import ObjectMeta, ObjectReference

#: Label that ties a slice to its Service.
SERVICE_NAME_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConditions:
    """ready = serving and not terminating (or published); serving = the pod's Ready condition."""

    ready: bool = False
    serving: bool = False
    terminating: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address with its conditions; `target_ref` names the pod."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = field(default_factory=EndpointConditions)
    target_ref: ObjectReference | None = None
    node_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPort:
    """One port of the slice; `name` is the Service port's name."""

    name: str = ""
    port: int = 0
    protocol: str = "TCP"
    app_protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSlice:
    """Endpoints that share the same ports. A Service has one slice per distinct set of ports."""

    KIND: ClassVar[str] = "EndpointSlice"
    API_VERSION: ClassVar[str] = "discovery.k8s.io/v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    address_type: str = "IPv4"
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()
