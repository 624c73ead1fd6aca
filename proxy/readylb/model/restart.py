"""Restart hooks: how an endpoint that readylb did not start is started again, and why it has to be.

A pod carries them as JSON in the annotation `readylb.io/restart`, a service of a readylb.yaml under
`restart`. Times are in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
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
class RestartHooks:
    """How an endpoint that readylb did not start is restarted when a probe condemns it: one hook."""

    exec: ExecRestart | None = None
