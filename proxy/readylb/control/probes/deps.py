"""What everything in this room works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from readylb.control.clock import Clock
from readylb.control.runtimes.runtime import RuntimeFor
from readylb.control.store import Store
from readylb.model import Pod
from readylb.telemetry.events import EventRecorder


class ProbeMetrics(Protocol):
    """Counts attempts."""

    def probe(  # noqa: PLR0913, PLR0917 -- the labels of kubelet's prober_probe_total
        self,
        probe_type: str,
        result: str,
        container: str,
        pod: str,
        namespace: str,
        pod_uid: str,
        seconds: float,
    ) -> None:
        """Count one attempt and how long it took."""

    def forget_pod(self, uid: str) -> None:
        """Drop what was counted for a pod that is gone."""


@dataclass(frozen=True, slots=True)
class ProbeDeps:
    """The store, the time, the runtimes, the ears; `jitter(pod, period)` is the first attempt's delay.

    `vouch(pod uid, container, moment)` says that a probe has passed that was asked for after `moment`.
    """

    store: Store
    clock: Clock
    runtime_for: RuntimeFor
    recorder: EventRecorder
    metrics: ProbeMetrics
    jitter: Callable[[Pod, float], float]
    vouch: Callable[[str, str, float], None]
