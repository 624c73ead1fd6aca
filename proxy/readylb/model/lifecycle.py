"""What a container does right after its start and right before its stop (core/v1 Lifecycle)."""

from __future__ import annotations

from dataclasses import dataclass

from readylb.model.probe import ExecAction, HTTPGetAction, TCPSocketAction


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepAction:
    """Do nothing for some seconds."""

    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleHandler:
    """One hook: exactly one of the four. `tcp_socket` is deprecated in Kubernetes and never works."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: SleepAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """The container is not running before `post_start` has ended; `pre_stop` comes before SIGTERM."""

    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
