"""What a Service's own words mean for the data plane: protocol, policy, limits, addresses.

A word that cannot be honoured is reported as a problem and its default used: a Service that was
accepted goes on serving, and its events say what is not as it was asked for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from readylb.core.balancing.table import check
from readylb.core.limits import LIMIT_PREFIX, check_limit
from readylb.errors import ConfigError
from readylb.model import Service
from readylb.model.meta import ANNOTATION_PREFIX
from readylb.model.service import ServicePort
from readylb.wire.messages import Limits

BIND = ANNOTATION_PREFIX + "bind"
BALANCER = ANNOTATION_PREFIX + "balancer"
TRUSTED_PROXIES = ANNOTATION_PREFIX + "trusted-proxies"

#: What appProtocol may be, in lower case, and how it is served. WebSocket begins as HTTP/1; what is
#: encrypted or HTTP/2 passes byte for byte.
PROTOCOLS = {
    "": "http",
    "http": "http",
    "kubernetes.io/ws": "http",
    "tcp": "tcp",
    "https": "tcp",
    "tls": "tcp",
    "kubernetes.io/wss": "tcp",
    "kubernetes.io/h2c": "tcp",
}


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """The settings of all ports of a Service; `problems` are (reason, message) for events."""

    bind: str
    policy: str = "round_robin"
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    trusted_proxies: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


def read_settings(service: Service, default_bind: str) -> ServiceSettings:
    """Return what the Service's annotations and ports say."""
    reader = _Reader(service.metadata.annotations)
    return ServiceSettings(
        bind=reader.bind(default_bind),
        policy=reader.policy(),
        limits=reader.limits(),
        trusted_proxies=reader.trusted_proxies(),
        problems=(*reader.problems, *_port_problems(service)),
    )


def protocol_of(port: ServicePort) -> str:
    """Return `http` or `tcp`; an appProtocol that nobody knows is carried byte for byte."""
    return PROTOCOLS.get(port.app_protocol.lower(), "tcp")


class _Reader:
    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._annotations = annotations
        self.problems: list[tuple[str, str]] = []

    def bind(self, default: str) -> str:
        text = self._annotations.get(BIND)
        if text is None:
            return default
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            self._invalid(BIND, "must be an IP address of this machine, such as 0.0.0.0")
            return default

    def policy(self) -> str:
        name = self._annotations.get(BALANCER, "round_robin")
        try:
            check(name)
        except ConfigError as error:
            self._invalid(BALANCER, str(error))
            return "round_robin"
        return name

    def limits(self) -> Limits:
        values: dict[str, float] = {}
        for annotation, text in self._annotations.items():
            if annotation.startswith(LIMIT_PREFIX):
                try:
                    value = check_limit(annotation, text)
                except ValueError as error:
                    self._invalid(annotation, str(error))
                else:
                    values[annotation.removeprefix(LIMIT_PREFIX).replace("-", "_")] = value
        return msgspec.convert({**msgspec.structs.asdict(Limits()), **values}, Limits)

    def trusted_proxies(self) -> tuple[str, ...]:
        found = []
        for item in self._annotations.get(TRUSTED_PROXIES, "").split(","):
            if not item.strip():
                continue
            try:
                found.append(str(ipaddress.ip_network(item.strip(), strict=False)))
            except ValueError:
                self._invalid(TRUSTED_PROXIES, f"{item.strip()!r} is neither an address nor a network")
        return tuple(found)

    def _invalid(self, annotation: str, why: str) -> None:
        self.problems.append(("InvalidAnnotation", f"annotation {annotation}: {why} (the default is used)"))


def _port_problems(service: Service) -> Iterator[tuple[str, str]]:
    for port in service.spec.ports:
        if port.protocol != "TCP":
            yield "UnsupportedProtocol", f"port {port.port}/{port.protocol} is not served: only TCP is"
        elif port.app_protocol.lower() not in PROTOCOLS:
            known = ", ".join(name for name in PROTOCOLS if name)
            wrong = f"port {port.port}: appProtocol {port.app_protocol!r} is not known (known: {known})"
            yield "UnknownAppProtocol", f"{wrong}; it is carried byte for byte"
