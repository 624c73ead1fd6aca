"""Rules of Services (ValidateService)."""

from __future__ import annotations

import ipaddress

from readylb.config.validation import names
from readylb.config.validation.errors import Errors, choice, duplicate, forbidden, invalid, required
from readylb.model import Service
from readylb.model.service import ServicePort, ServiceSpec, SessionAffinityConfig

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_EXTERNALLY_ACCESSIBLE = frozenset({"NodePort", "LoadBalancer"})
_DAY_SECONDS = 86400


def validate_service(item: Service) -> Errors:
    """Yield what is wrong with a Service. Defaults have been filled in."""
    spec = item.spec
    yield from choice("spec.type", spec.type, _TYPES)
    headless = spec.cluster_ip == "None"
    if headless and spec.type in _EXTERNALLY_ACCESSIBLE:
        yield invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {spec.type} services")
    if not spec.ports and not headless and spec.type != "ExternalName":
        yield required("spec.ports")
    yield from _ports(spec)
    yield from names.labels("spec.selector", spec.selector)
    yield from choice("spec.sessionAffinity", spec.session_affinity, AFFINITIES)
    yield from _affinity(spec)
    yield from _traffic_policies(spec)
    yield from _source_ranges(spec)


def affinity_timeout(path: str, config: SessionAffinityConfig) -> Errors:
    """Yield what is wrong with how long a client stays with an endpoint (validateClientIPAffinityConfig)."""
    seconds = config.client_ip.timeout_seconds if config.client_ip else 1
    if not 0 < seconds <= _DAY_SECONDS:
        detail = f"must be greater than 0 and less than {_DAY_SECONDS}"
        yield invalid(f"{path}.clientIP.timeoutSeconds", seconds, detail)


def _ports(spec: ServiceSpec) -> Errors:
    named: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    node_ports: set[tuple[str, int]] = set()
    for index, port in enumerate(spec.ports):
        path = f"spec.ports[{index}]"
        yield from _name(path, port, named, several=len(spec.ports) > 1)
        yield from _port(path, port, spec.type)
        if (port.protocol, port.port) in numbers:
            yield duplicate(path, {"port": port.port, "protocol": port.protocol})
        numbers.add((port.protocol, port.port))
        if port.node_port and (port.protocol, port.node_port) in node_ports:
            yield duplicate(f"{path}.nodePort", port.node_port)
        node_ports.add((port.protocol, port.node_port))


def _name(path: str, port: ServicePort, named: set[str], *, several: bool) -> Errors:
    if not port.name:
        if several:
            yield required(f"{path}.name")
        return
    yield from (invalid(f"{path}.name", port.name, detail) for detail in names.dns_label(port.name))
    if port.name in named:
        yield duplicate(f"{path}.name", port.name)
    named.add(port.name)


def _port(path: str, port: ServicePort, kind: str) -> Errors:
    yield from names.port(f"{path}.port", port.port)
    yield from choice(f"{path}.protocol", port.protocol, _PROTOCOLS)
    if port.target_port != port.port:  # a wrong port that is the target by default is said once
        yield from names.port(f"{path}.targetPort", port.target_port)
    if port.app_protocol:
        details = names.qualified_name(port.app_protocol)
        yield from (invalid(f"{path}.appProtocol", port.app_protocol, detail) for detail in details)
    if not port.node_port:
        return
    if kind == "ClusterIP":
        yield forbidden(f"{path}.nodePort", "may not be used when `type` is 'ClusterIP'")
    else:
        yield from names.port(f"{path}.nodePort", port.node_port)


def _affinity(spec: ServiceSpec) -> Errors:
    config = spec.session_affinity_config
    if spec.session_affinity != "ClientIP" or config is None or config.client_ip is None:
        return
    yield from affinity_timeout("spec.sessionAffinityConfig", config)


def _traffic_policies(spec: ServiceSpec) -> Errors:
    external = spec.external_traffic_policy
    path = "spec.externalTrafficPolicy"
    if external and spec.type not in _EXTERNALLY_ACCESSIBLE and not spec.external_ips:
        yield invalid(path, external, "may only be set for externally-accessible services")
    elif external:
        yield from choice(path, external, _POLICIES)
    if spec.internal_traffic_policy:
        yield from choice("spec.internalTrafficPolicy", spec.internal_traffic_policy, _POLICIES)


def _source_ranges(spec: ServiceSpec) -> Errors:
    path = "spec.loadBalancerSourceRanges"
    if spec.load_balancer_source_ranges and spec.type != "LoadBalancer":
        yield forbidden(path, "may only be used when `type` is 'LoadBalancer'")
    for index, text in enumerate(spec.load_balancer_source_ranges):
        try:
            # A CIDR has a mask (netutils.ParseCIDRSloppy); an address alone is none.
            ipaddress.ip_network(text.strip() if "/" in text else "", strict=False)
        except ValueError:
            example = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            yield invalid(f"{path}[{index}]", text, example)
