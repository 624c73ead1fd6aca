"""The shape of readylb.yaml: the short form for people who have no manifests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from readylb.model.container import EnvVar
from readylb.model.meta import key
from readylb.model.probe import Probe
from readylb.model.restart import RestartHooks
from readylb.model.service import SessionAffinityConfig

#: A command: words, or one text that is split as a shell would (quoting only).
Command = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NativePort:
    """Where a service listens: `port`, the address `bind`, and `protocol` http, tcp or auto.

    `detectTimeoutMs` is how long a client of auto may say nothing before it is taken for TCP.
    """

    port: int
    bind: str = ""
    protocol: str = ""
    detect_timeout_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeEndpoint:
    """An endpoint with a weight: its share of the traffic beside others' (1 where none is said)."""

    address: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeService:
    """One service: either `endpoints` that run already, or `replicas` of a `command`.

    `containerPort` is where the command listens under isolation, if it does not go by `PORT`.
    """

    port: int | NativePort
    endpoints: tuple[str | NativeEndpoint, ...] = ()
    replicas: int | None = None
    command: Command = ()
    container_port: int | None = None
    env: Mapping[str, str] | tuple[EnvVar, ...] = field(default_factory=dict)
    startup_probe: Probe | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    probe_period_milliseconds: int | None = None
    restart: RestartHooks | None = None
    balancer: str = ""
    hash_on: str = ""
    session_affinity: str = ""
    session_affinity_config: SessionAffinityConfig | None = None
    source_ranges: tuple[str, ...] = ()
    proxy_protocol: str = ""
    send_proxy: str = ""
    hold_seconds: int | None = None
    slow_start_seconds: int | None = None
    limits: Mapping[str, int | float] = field(default_factory=dict)
    trusted_proxies: tuple[str, ...] = key("trusted_proxies", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeAccessLog:
    """Where the access log goes: a `file` (`-`: standard output) and a `format`, combined or json."""

    file: str
    format: str = "combined"


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """A whole readylb.yaml. `images` maps images of manifests to local commands.

    `isolation` is none or namespaces; with the latter, pods have addresses of `podCIDR`.
    """

    services: Mapping[str, NativeService] = field(default_factory=dict)
    images: Mapping[str, Command] = field(default_factory=dict)
    access_log: NativeAccessLog | None = None
    isolation: str = ""
    pod_cidr: str = key("podCIDR", default="")
    trusted_proxies: tuple[str, ...] = key("trusted_proxies", default=())
