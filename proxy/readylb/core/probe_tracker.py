"""From single attempts to conclusions: one tracker per probe of a container.

Rules of `pkg/kubelet/prober/worker.go` (doProbe): runs of equal outcomes are counted against the
thresholds, a liveness failure or any startup conclusion puts the tracker *on hold* until a new
container appears, and only a change of the conclusion is worth telling anybody.

A new container resets the conclusion and the hold, but neither the last outcome nor its run: two
failures of the old container and one of the new make three. So does kubelet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from readylb.model.probe import Probe, ProbeKind, ProbeResult

#: What counts before the first conclusion: not ready, alive, not yet started.
INITIAL: Mapping[ProbeKind, ProbeResult] = {
    ProbeKind.READINESS: ProbeResult.FAILURE,
    ProbeKind.LIVENESS: ProbeResult.SUCCESS,
    ProbeKind.STARTUP: ProbeResult.UNKNOWN,
}

#: Conclusions after which nothing more is asked of the same container.
_HOLDING = frozenset(
    {
        (ProbeKind.LIVENESS, ProbeResult.FAILURE),
        (ProbeKind.STARTUP, ProbeResult.SUCCESS),
        (ProbeKind.STARTUP, ProbeResult.FAILURE),
    }
)


@dataclass(frozen=True, slots=True)
class Transition:
    """The conclusion about `container_id` is now `result`; before it was something else."""

    container_id: str
    result: ProbeResult
    message: str = ""


class ProbeTracker:
    """Counts outcomes of one probe. Driven by `see`, `observe` and `settle`.

    `holds` is False for a container that nobody can restart: a failure then is not the last word on it.
    """

    __slots__ = ("_holds", "_kind", "_probe", "container_id", "last", "on_hold", "result", "run")

    def __init__(self, kind: ProbeKind, probe: Probe, *, holds: bool = True) -> None:
        """Know no container yet."""
        self._holds = holds
        self._kind = kind
        self._probe = probe
        self.container_id = ""
        self.result: ProbeResult | None = None
        self.on_hold = False
        self.last: ProbeResult | None = None
        self.run = 0

    def see(self, container_id: str) -> Transition | None:
        """Turn to the container of that id; a new one begins with the initial value."""
        if container_id == self.container_id:
            return None
        self.container_id = container_id
        self.on_hold = False
        self.result = INITIAL[self._kind]
        if not self._holds and self._kind is not ProbeKind.READINESS:
            self.run = 0  # as the hold would have done
        return Transition(container_id, self.result)

    def settle(self, result: ProbeResult) -> Transition | None:
        """Conclude without an attempt: the container is down, or its pod is being deleted."""
        return self._conclude(result, "")

    def observe(self, outcome: ProbeResult, message: str = "") -> Transition | None:
        """Count one attempt that was SUCCESS, WARNING (counts as success) or FAILURE.

        ValueError for anything else: an attempt that could not be made has no outcome to count.
        """
        if outcome is ProbeResult.UNKNOWN:
            text = "an attempt without an outcome cannot be counted"
            raise ValueError(text)
        counted = ProbeResult.FAILURE if outcome is ProbeResult.FAILURE else ProbeResult.SUCCESS
        self.run = self.run + 1 if counted is self.last else 1
        self.last = counted
        if self.run < self.threshold(counted):
            return None
        change = self._conclude(counted, message)
        if (self._kind, counted) in _HOLDING and (self._holds or counted is ProbeResult.SUCCESS):
            self.on_hold = True
            self.run = 0
        return change

    def threshold(self, outcome: ProbeResult) -> int:
        """Return how many equal outcomes in a row it takes to conclude `outcome`."""
        if outcome is ProbeResult.FAILURE:
            return self._probe.failure_threshold
        return self._probe.success_threshold

    def _conclude(self, result: ProbeResult, message: str) -> Transition | None:
        if result is self.result:
            return None
        self.result = result
        return Transition(self.container_id, result, message)

    def __repr__(self) -> str:
        """Show the state on one line."""
        held = " on hold" if self.on_hold else ""
        return (
            f"<ProbeTracker {self._kind} {self.result}{held}, {self.last} x{self.run}, {self.container_id!r}>"
        )


class Step(StrEnum):
    """What the prober does now. SETTLE_x concludes x without an attempt; END is for good."""

    SKIP = "Skip"
    PROBE = "Probe"
    END = "End"
    SETTLE_FAILURE = "SettleFailure"
    SETTLE_FAILURE_AND_END = "SettleFailureAndEnd"
    SETTLE_SUCCESS_AND_END = "SettleSuccessAndEnd"


@dataclass(frozen=True, slots=True)
class View:
    """What the pod's status says about the container, for one probe at one moment."""

    pod_finished: bool
    pod_terminating: bool
    container_id: str
    running: bool
    started: bool
    will_restart: bool
    uptime_seconds: float


def next_step(kind: ProbeKind, probe: Probe, view: View, *, on_hold: bool) -> Step:
    """Return what to do, by the first rule that applies: the order of doProbe in worker.go."""
    asks_startup = kind is ProbeKind.STARTUP
    quiet = kind is not ProbeKind.READINESS
    down = Step.SETTLE_FAILURE if view.will_restart else Step.SETTLE_FAILURE_AND_END
    rules = (
        (view.pod_finished, Step.END),
        (not view.container_id, Step.SKIP),
        (on_hold, Step.SKIP),
        (not view.running, down),
        (view.pod_terminating and quiet, Step.SETTLE_SUCCESS_AND_END),
        (int(view.uptime_seconds) < probe.initial_delay_seconds, Step.SKIP),
        (view.started is asks_startup, Step.SKIP),
    )
    return next((step for applies, step in rules if applies), Step.PROBE)
