"""Writes node ports into Services that need one, and others where one cannot be had."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace

from readylb.control.store import Store
from readylb.control.workers import service_status
from readylb.control.workers.node_ports import NodePorts
from readylb.model import Service

#: Service types that get a second local port, the node port.
WITH_NODE_PORT = frozenset({"NodePort", "LoadBalancer"})


class NodePortAssigner:
    """Remembers which node ports it chose: those may be changed, the manifest's may not."""

    def __init__(self, store: Store, rng: random.Random, reserved: Collection[int]) -> None:
        """Choose none yet, and never one of `reserved`."""
        self._store = store
        self._ports = NodePorts(rng)
        self._reserved = frozenset(reserved)
        self._chosen: set[tuple[str, str, int]] = set()

    def assign(self, service: Service, bind: str) -> Service:
        """Return the Service with a node port for each TCP port that should have one; written if new."""
        spec = service.spec
        wanted = spec.type in WITH_NODE_PORT and spec.allocate_load_balancer_node_ports is not False
        if not wanted or all(port.node_port or port.protocol != "TCP" for port in spec.ports):
            return service
        taken = self._taken()
        ports = []
        for port in spec.ports:
            number = port.node_port
            if not number and port.protocol == "TCP":
                number = self._ports.allocate(bind, taken) or 0
                taken.add(number)
                self._chosen.add(_choice(service, number))
            ports.append(replace(port, node_port=number))
        return service_status.with_ports(self._store, service, tuple(ports))

    def give_up(self, service: Service, number: int) -> bool:
        """Take back a port that could not be listened on; False when the manifest named it."""
        if _choice(service, number) not in self._chosen:
            return False
        self._ports.refuse(number)
        ports = (
            replace(port, node_port=0) if port.node_port == number else port for port in service.spec.ports
        )
        service_status.with_ports(self._store, service, tuple(ports))
        return True

    def forget(self, namespace: str, name: str) -> None:
        """Forget a Service that is gone."""
        self._chosen = {choice for choice in self._chosen if choice[:2] != (namespace, name)}

    def _taken(self) -> set[int]:
        declared = [port for service in self._store.objects(Service) for port in service.spec.ports]
        return {port.node_port for port in declared} | {port.port for port in declared} | self._reserved


def _choice(service: Service, number: int) -> tuple[str, str, int]:
    return service.metadata.namespace, service.metadata.name, number
