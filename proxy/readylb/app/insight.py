"""What the admin API may know of the controllers' own memory: read only, and nothing while they start."""

from __future__ import annotations

from collections.abc import Mapping

from readylb.control.pods.controller import PodController
from readylb.control.probes.controller import ProbeController
from readylb.core.explanation import Evidence


class Insight:
    """A window on the pod and probe controllers, which are made after the admin API."""

    def __init__(self) -> None:
        """See nothing yet."""
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
