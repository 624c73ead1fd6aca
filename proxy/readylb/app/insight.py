"""What the admin API may know of the controllers' own memory: read only, and nothing while they start."""

from __future__ import annotations

from collections.abc import Mapping

from readylb.control.pods.controller import PodController
from readylb.control.probes.controller import ProbeController
from readylb.control.workers.ejections import Ejections
from readylb.core.explanation import Evidence
from readylb.core.passive import PassiveSignal


class Insight:
    """A window on the pod and probe controllers, which are made after the admin API, and on the link."""

    def __init__(self, ejections: Ejections) -> None:
        """See only what the link knows yet."""
        self._ejections = ejections
        self._pods: PodController | None = None
        self._probes: ProbeController | None = None

    def look_into(self, pods: PodController, probes: ProbeController) -> None:
        """See these controllers from now on."""
        self._pods, self._probes = pods, probes

    def evidence(self, pod_uid: str) -> tuple[Evidence, ...]:
        """Return what every prober of the pod knows."""
        return self._probes.evidence(pod_uid) if self._probes else ()

    def starts_at(self, pod_uid: str) -> Mapping[str, float]:
        """Return when (epoch seconds) the back-off of each container that waits for it ends."""
        return self._pods.starts_at(pod_uid) if self._pods else {}

    def postponed(self, pod_uid: str) -> tuple[str, ...]:
        """Return the containers whose restart waits until other pods are Ready."""
        return self._pods.postponed(pod_uid) if self._pods else ()

    def signals(self, pod_uid: str) -> tuple[PassiveSignal, ...]:
        """Return for which times workers have left the pod out, what is over included."""
        return self._ejections.of(pod_uid)
