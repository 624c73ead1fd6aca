"""What a restart hook must do (the interface), and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RestartRequest:
    """Who is to be restarted and why. `endpoint` is HOST:PORT, `index` the number at the end of the name."""

    pod_name: str
    namespace: str
    endpoint: str
    index: str
    reason: str

    def variables(self) -> dict[str, str]:
        """Return the request as environment variables, which `$(VAR)` in commands may refer to."""
        return {
            "POD_NAME": self.pod_name,
            "POD_NAMESPACE": self.namespace,
            "ENDPOINT": self.endpoint,
            "INDEX": self.index,
            "REASON": self.reason,
        }


class RestartHook(Protocol):
    """Restarts one endpoint when asked; never two at once for the same endpoint."""

    async def restart(self, request: RestartRequest) -> None:
        """Return when the restart has been carried out; RuntimeFailureError when it failed.

        Success says nothing about health: traffic comes back when the probes pass.
        """
