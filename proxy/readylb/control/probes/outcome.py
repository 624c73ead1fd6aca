"""What one attempt yields: an outcome that counts, or an error that does not."""

from __future__ import annotations

from dataclasses import dataclass

from readylb.errors import ReadylbError
from readylb.model.probe import ProbeResult


@dataclass(frozen=True, slots=True)
class Outcome:
    """SUCCESS, WARNING or FAILURE, with the output that events and `explain` show.

    `refused` says that a failure is a refused connection: nobody listens on the port (yet).
    """

    result: ProbeResult
    output: str = ""
    refused: bool = False


class ProbeError(ReadylbError):
    """The question could not be put (no such port, no such program), or the answer broke off.

    Tried again up to three times and then discarded: it counts against no threshold. `state` is
    kubelet's word for what the attempt amounts to in its event.
    """

    def __init__(self, message: str, state: ProbeResult = ProbeResult.UNKNOWN) -> None:
        """Say what went wrong."""
        super().__init__(message)
        self.state = state
