"""Services (core/v1 Service): one stable address in front of the pods a selector finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from readylb.model.meta import ObjectMeta, key


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePort:
    """One port. `target_port` is a number or a container port's name; 0 means the same as `port`."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str = ""
    target_port: int | str = 0
    node_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientIPConfig:
    """How long a client stays with an endpoint."""

    timeout_seconds: int = 10800


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAffinityConfig:
    """Settings of sessionAffinity."""

    client_ip: ClientIPConfig | None = key("clientIP", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """What to serve, and for whom."""

    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    cluster_ip: str = key("clusterIP", default="")
    cluster_ips: tuple[str, ...] = key("clusterIPs", default=())
    external_ips: tuple[str, ...] = key("externalIPs", default=())
    session_affinity: str = "None"
    session_affinity_config: SessionAffinityConfig | None = None
    external_traffic_policy: str = ""
    internal_traffic_policy: str = ""
    publish_not_ready_addresses: bool = False
    load_balancer_source_ranges: tuple[str, ...] = ()
    allocate_load_balancer_node_ports: bool | None = None
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerIngress:
    """An address at which the Service can be reached from outside."""

    ip: str = ""
    hostname: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerStatus:
    """Where the balancer listens."""

    ingress: tuple[LoadBalancerIngress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """How the Service is going."""

    load_balancer: LoadBalancerStatus = field(default_factory=LoadBalancerStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A Service."""

    KIND: ClassVar[str] = "Service"
    API_VERSION: ClassVar[str] = "v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ServiceSpec = field(default_factory=ServiceSpec)
    status: ServiceStatus = field(default_factory=ServiceStatus)
