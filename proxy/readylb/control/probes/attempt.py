"""One attempt: up to three tries, and the event that an unhappy one leaves (`prober.go`, probe)."""

from __future__ import annotations

from readylb.control.probes.ask import Ask
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.control.probes.table import put
from readylb.model.probe import ProbeKind, ProbeResult
from readylb.telemetry.events import EventRecorder, container_path

#: Tries of one attempt while it cannot be made at all (maxProbeRetries).
MAXIMUM_TRIES = 3


async def attempt(ask: Ask) -> Outcome | ProbeError:
    """Put the question until there is an outcome; return the last error when there is none."""
    tries = 0
    while True:
        tries += 1
        try:
            return await put(ask)
        except ProbeError as error:
            if tries == MAXIMUM_TRIES:
                return error


def report(recorder: EventRecorder, ask: Ask, kind: ProbeKind, result: Outcome | ProbeError) -> None:
    """Record the event for an attempt that did not simply succeed."""
    text = _event(kind, result)
    if text is not None:
        reason, message = text
        path = container_path(ask.container.name)
        recorder.record(ask.pod, "Warning", reason, message, field_path=path)


def _event(kind: ProbeKind, result: Outcome | ProbeError) -> tuple[str, str] | None:
    if isinstance(result, ProbeError):
        return "Unhealthy", f"{kind} probe errored and resulted in {result.state} state: {result}"
    if result.result is ProbeResult.FAILURE:
        return "Unhealthy", f"{kind} probe failed: {result.output}"
    if result.result is ProbeResult.WARNING:
        return "ProbeWarning", f"{kind} probe warning: {result.output}"
    return None
