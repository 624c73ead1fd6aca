"""Restart hooks: how an endpoint that readylb did not start is started again, and why it has to be.

A pod carries them as JSON in the annotation `readylb.io/restart`, a service of a readylb.yaml under
`restart`. Times are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RestartReason(StrEnum):
    """Why an endpoint is restarted: what hooks are told as REASON. These words do not change."""

    LIVENESS_PROBE_FAILED = "LivenessProbeFailed"
    STARTUP_PROBE_FAILED = "StartupProbeFailed"
    DEFINITION_CHANGED = "DefinitionChanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecRestart:
    """Run a command; `$(VAR)` in its words expands."""

    command: tuple[str, ...]
    timeout_seconds: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRestart:
    """POST a JSON document, signed with a secret that a file or a variable of readylb's environment holds.

    It is sent up to `attempts` times, all within the timeout; `$(VAR)` in `url` expands.
    """

    url: str
    secret_file: str = ""
    secret_env: str = ""
    attempts: int = 4
    timeout_seconds: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerRestart:
    """Restart a container by its name, over the Unix socket of a Docker or Podman engine.

    It gets `stopSeconds` to end before it is killed (None: what the container says); `$(VAR)` expands.
    """

    container: str
    socket: str = "/var/run/docker.sock"
    stop_seconds: int | None = None
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemdRestart:
    """Restart a unit of the system's manager, or of the user's; `$(VAR)` in its name expands.

    The timeout is longer than the 90 s that systemd itself lets a service take to stop.
    """

    unit: str
    user: bool = False
    timeout_seconds: float = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRestart:
    """Call a hook of Python, `module:object` or an entry point of `readylb.restart_hooks`, with settings.

    Modules are looked for in the folder `path` too (empty: the one in which readylb was started).
    """

    hook: str
    path: str = ""
    settings: Mapping[str, str | int | float | bool | tuple[str, ...]] = field(default_factory=dict)
    timeout_seconds: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartHooks:
    """How an endpoint that readylb did not start is restarted when a probe condemns it: one hook."""

    exec: ExecRestart | None = None
    webhook: WebhookRestart | None = None
    docker: DockerRestart | None = None
    systemd: SystemdRestart | None = None
    python: PythonRestart | None = None
