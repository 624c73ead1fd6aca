"""How long a container must have waited before it may start again, told a second time.

Rules of `client-go/util/flowcontrol/backoff.go` and of kubelet's doBackOff (`kuberuntime_manager.go`),
written down from their description and not from the program, which is judged by this.
"""

from __future__ import annotations

from tests.properties.runtime import Life

#: Seconds between a finish and the start after it; the last one goes on.
WAITS = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
RESET_SECONDS = 600.0


class Waits:
    """One container's back-off. `due` says when it may start again, `started` moves it on."""

    def __init__(self) -> None:
        self._turn = 0
        self._granted_at = 0.0
        self._counted: float | None = None

    def due(self, lives: list[Life], *, condemned: bool) -> float:
        """Return the earliest moment of the next start; `condemned`: a probe had the last life ended.

        Kill and restart are one step then, decided by the exit before: a first one finds none, and counts
        for nothing. A step that was refused is judged again, by the exit that the kill has made.
        """
        finished = [life.finished_at or 0.0 for life in lives]
        self._counted = finished[-1]
        if not condemned:
            return self._ready(finished[-1])
        before = finished[-2] if len(finished) > 1 else None
        if before is not None and self._ready(before) > finished[-1]:
            return self._ready(finished[-1])
        self._counted = before
        return finished[-1]

    def started(self, now: float) -> None:
        """Take note of a start after the last `due`."""
        if self._counted is None:
            return
        self._turn = 1 if self._forgotten(self._counted) else min(self._turn + 1, len(WAITS) - 1)
        self._granted_at = now

    def _ready(self, finished: float) -> float:
        return finished + (0.0 if self._forgotten(finished) else WAITS[self._turn])

    def _forgotten(self, finished: float) -> bool:
        return finished - self._granted_at > RESET_SECONDS
