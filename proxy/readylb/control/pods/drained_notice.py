"""Tells in events what has become of the operator's word on one pod."""

from __future__ import annotations

from readylb.core.drained import DRAINED, DRAINED_CONDITION
from readylb.model import Pod
from readylb.telemetry.events import EventRecorder

_WORDS = {
    "Draining": f"The operator lets it have no new requests ({DRAINED}); running ones finish",
    "Drained": f"The operator lets it have no new requests ({DRAINED}), and none is running",
    "Undrained": "The operator lets it have requests again",
}


class DrainedNotice:
    """Remembers what was said last, so that each change is said once."""

    def __init__(self, recorder: EventRecorder) -> None:
        """Have said nothing."""
        self._recorder = recorder
        self._said = ""

    def tell(self, pod: Pod) -> None:
        """Say what the pod's status says now, if it is something new."""
        condition = pod.condition(DRAINED_CONDITION)
        found = "" if condition is None else condition.reason
        if found != self._said:
            self._said = found
            reason = found or "Undrained"
            self._recorder.record(pod, "Normal", reason, _WORDS[reason], component="readylb")
