"""Crash-loop back-off: how long a container waits before it is started again.

Rules of `client-go/util/flowcontrol/backoff.go` as kubelet uses them: the first restart is
immediate, then 10, 20, 40, 80, 160, 300, 300 ... seconds count from the moment the container
finished; after a run of more than ten minutes it begins anew. There is no jitter.
"""

from __future__ import annotations

from dataclasses import dataclass

#: pkg/kubelet/kubelet.go: initial delay and cap.
INITIAL_SECONDS = 10.0
MAXIMUM_SECONDS = 300.0
#: KEP-4603 keeps this at ten minutes whatever the cap.
RESET_AFTER_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """The memory of one container. `delay_seconds` is 0 before the first permitted restart."""

    delay_seconds: float = 0.0
    last_update: float = 0.0

    def ready_at(self, finished_at: float) -> float:
        """Return when a container that finished then may start: `finished_at` itself when at once."""
        if self._expired(finished_at):
            return finished_at
        return finished_at + self.delay_seconds

    def advance(self, finished_at: float, now: float) -> Backoff:
        """Return the memory after a start that was permitted `now`."""
        if self._expired(finished_at):
            return Backoff(INITIAL_SECONDS, now)
        return Backoff(min(self.delay_seconds * 2, MAXIMUM_SECONDS), now)

    def next_run_at(self, now: float) -> float:
        """Return when something may run again that has no end to count from, such as a restart hook."""
        return now if self._expired(now) else self.last_update + self.delay_seconds

    def _expired(self, finished_at: float) -> bool:
        return self.delay_seconds == 0 or finished_at - self.last_update > RESET_AFTER_SECONDS
