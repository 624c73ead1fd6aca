"""What the link writes back to a Service: its addresses and its node ports."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace

from readylb.control.store import Store
from readylb.model import Service
from readylb.model.service import LoadBalancerIngress, LoadBalancerStatus, ServicePort, ServiceStatus

#: Bound to all addresses, a Service is shown with one that reaches it from this machine.
_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}

#: A destination of documentation (RFC 5737, RFC 3849): asking for the way there sends nothing.
_ELSEWHERE = {"0.0.0.0": ("192.0.2.1", 9), "::": ("2001:db8::1", 9)}


def write(store: Store, service: Service, bind: str, *, listening: bool) -> None:
    """Give the Service its address (once) and, while it listens, a LoadBalancer its ingress."""

    def change(item: Service) -> Service:
        address = item.spec.cluster_ip or _LOCAL.get(bind, bind)
        spec = replace(item.spec, cluster_ip=address, cluster_ips=item.spec.cluster_ips or (address,))
        ingress: tuple[LoadBalancerIngress, ...] = ()
        if listening and item.spec.type == "LoadBalancer":
            known = item.status.load_balancer.ingress
            ingress = known if known and bind in _LOCAL else (LoadBalancerIngress(ip=_outward(bind)),)
        status = ServiceStatus(load_balancer=LoadBalancerStatus(ingress=ingress))
        return replace(item, spec=spec, status=status)

    store.update(Service, service.metadata.namespace, service.metadata.name, change)


def with_ports(store: Store, service: Service, ports: tuple[ServicePort, ...]) -> Service:
    """Write the Service's ports and return it."""

    def change(item: Service) -> Service:
        return replace(item, spec=replace(item.spec, ports=ports))

    return store.update(Service, service.metadata.namespace, service.metadata.name, change)


def _outward(bind: str) -> str:
    """Return the address at which others reach a Service that is bound to all addresses."""
    if bind not in _LOCAL:
        return bind
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(_ELSEWHERE[bind])
        return str(probe.getsockname()[0])
    return _LOCAL[bind]
