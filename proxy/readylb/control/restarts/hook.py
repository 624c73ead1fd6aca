"""What a restart hook must do (the interface), and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRequest:
    """Who is to be restarted and why.

    `endpoint` is HOST:PORT or unix:/PATH, `index` the number at the end of the pod's name ("" without
    one), `reason` a word of `model.restart.RestartReason`, `message` the last output of the probe that
    failed: the endpoint's own words, so nothing to be trusted. `restart_count` is 1 the first time.
    """

    pod_name: str
    namespace: str
    container: str
    endpoint: str
    index: str
    reason: str
    message: str = ""
    restart_count: int = 1

    def variables(self) -> dict[str, str]:
        """Return what `$(VAR)` in settings may refer to; the message is not among it.

        What an endpoint says must not become part of a command or an address.
        """
        return {
            "POD_NAME": self.pod_name,
            "POD_NAMESPACE": self.namespace,
            "CONTAINER": self.container,
            "ENDPOINT": self.endpoint,
            "INDEX": self.index,
            "REASON": self.reason,
            "RESTART_COUNT": str(self.restart_count),
        }

    def environment(self) -> dict[str, str]:
        """Return the request as environment variables."""
        return {**self.variables(), "MESSAGE": self.message}


class RestartHook(Protocol):
    """Restarts one endpoint when asked; never two at once for the same endpoint."""

    async def restart(self, request: RestartRequest) -> str | None:
        """Return when the restart has been carried out, with words for the event if there are any.

        RuntimeFailureError when it failed; its text is the event's. Success says nothing about health:
        traffic comes back when the probes pass. The call is cancelled when the pod is deleted or its
        time is over: let the cancellation pass, and leave nothing running.
        """
