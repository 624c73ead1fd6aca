"""What a Service's own words mean for the data plane: policy, limits, addresses, who is served.

A word that cannot be honoured is reported as a problem and its default used: a Service that was
accepted goes on serving, and its events say what is not as it was asked for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from readylb.control.workers.protocol import PROTOCOLS, is_known
from readylb.core import traffic
from readylb.core.balancing.table import check
from readylb.core.limits import LIMIT_PREFIX, check_limit
from readylb.errors import ConfigError
from readylb.model import Service
from readylb.model.meta import ANNOTATION_PREFIX
from readylb.wire.messages import Address, Limits, SetService

T = TypeVar("T")

BIND = ANNOTATION_PREFIX + "bind"
BALANCER = ANNOTATION_PREFIX + "balancer"
TRUSTED_PROXIES = ANNOTATION_PREFIX + "trusted-proxies"


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """The settings of all ports of a Service; `problems` are (reason, message) for events."""

    bind: str
    policy: str = "round_robin"
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    trusted_proxies: tuple[str, ...] = ()
    hash_on: str = "client-ip"
    proxy_protocol: str = ""
    send_proxy: int = 0
    detect_seconds: float = traffic.DETECT_SECONDS
    hold_seconds: float = 0.0
    slow_start_seconds: float = 0.0
    server_first: frozenset[int] = traffic.SERVER_FIRST
    problems: tuple[tuple[str, str], ...] = ()

    def message(self, key: str, service: Service, listen: tuple[Address, ...], protocol: str) -> SetService:
        """Return what the worker is told of one port, which it calls `key`."""
        spec = service.spec
        affinity = spec.session_affinity_config if spec.session_affinity == "ClientIP" else None
        kept = affinity.client_ip if affinity else None
        return SetService(
            key=key,
            name=f"{service.metadata.namespace}/{service.metadata.name}",
            listen=listen,
            protocol=protocol,
            policy=self.policy,
            limits=self.limits,
            trusted_proxies=self.trusted_proxies,
            hash_on=self.hash_on,
            affinity_seconds=kept.timeout_seconds if kept else 0,
            source_ranges=tuple(text.strip() for text in spec.load_balancer_source_ranges),
            proxy_protocol=self.proxy_protocol,
            send_proxy=self.send_proxy,
            detect_seconds=self.detect_seconds,
            hold_seconds=self.hold_seconds,
            slow_start_seconds=self.slow_start_seconds,
        )


def read_settings(service: Service, default_bind: str) -> ServiceSettings:
    """Return what the Service's annotations and ports say."""
    reader = _Reader(service.metadata.annotations)
    return ServiceSettings(
        bind=reader.bind(default_bind),
        policy=reader.policy(),
        limits=reader.limits(),
        trusted_proxies=reader.trusted_proxies(),
        hash_on=reader.checked(traffic.HASH_ON, "client-ip"),
        proxy_protocol=reader.checked(traffic.PROXY_PROTOCOL, ""),
        send_proxy=reader.read(traffic.SEND_PROXY, traffic.read_proxy_version, 0),
        detect_seconds=reader.read(
            traffic.DETECT_TIMEOUT, traffic.read_detect_seconds, traffic.DETECT_SECONDS
        ),
        hold_seconds=reader.read(traffic.HOLD, traffic.read_hold_seconds, 0.0),
        slow_start_seconds=reader.slow_start(service.spec.session_affinity),
        server_first=reader.read(traffic.SERVER_FIRST_PORTS, traffic.read_ports, traffic.SERVER_FIRST),
        problems=(*reader.problems, *_port_problems(service)),
    )


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

    def read(self, annotation: str, parse: Callable[[str], T], default: T) -> T:
        """Return what an annotation of `core.traffic` says."""
        text = self._annotations.get(annotation)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self._invalid(annotation, str(error))
            return default

    def slow_start(self, session_affinity: str) -> float:
        """Return the seconds of a slow start, 0 where it can have no effect."""
        seconds = self.read(traffic.SLOW_START, traffic.read_slow_start_seconds, 0.0)
        why = traffic.slow_start_conflict(self._annotations.get(BALANCER, ""), session_affinity)
        if seconds and why:
            self.problems.append(("InvalidAnnotation", f"annotation {traffic.SLOW_START} {why}"))
            return 0.0
        return seconds

    def checked(self, annotation: str, default: str) -> str:
        """Return an annotation of `core.traffic` as it is written, if it can be read."""

        def same(text: str) -> str:
            traffic.READERS[annotation](text)
            return text

        return self.read(annotation, same, default)

    def _invalid(self, annotation: str, why: str) -> None:
        self.problems.append(("InvalidAnnotation", f"annotation {annotation}: {why} (the default is used)"))


def _port_problems(service: Service) -> Iterator[tuple[str, str]]:
    for port in service.spec.ports:
        if port.protocol != "TCP":
            yield "UnsupportedProtocol", f"port {port.port}/{port.protocol} is not served: only TCP is"
        elif not is_known(port.app_protocol):
            known = ", ".join(PROTOCOLS)
            wrong = f"port {port.port}: appProtocol {port.app_protocol!r} is not known (known: {known})"
            yield "UnknownAppProtocol", f"{wrong}; it is carried byte for byte"
