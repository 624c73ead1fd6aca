"""Where pods' endpoints belong, remembered: few of them change from one look to the next."""

from __future__ import annotations

from readylb.core.endpoint_slices import Group, Placement, placement
from readylb.model import Pod, Service


class Placements:
    """What `placement` said of one Service's pods. Objects never change, so being the same says enough."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._service: Service | None = None
        self._known: dict[str, tuple[Pod, Placement | None]] = {}
        self._groups: dict[Group, Group] = {}

    def place(self, service: Service, pod: Pod) -> Placement | None:
        """Return what `placement` does."""
        if service is not self._service:
            self._service, self._known, self._groups = service, {}, {}
        uid = pod.metadata.uid
        known = self._known.get(uid)
        if known is None or known[0] is not pod:
            known = self._known[uid] = pod, self._shared(placement(service, pod))
        return known[1]

    def forget(self, uid: str) -> None:
        """Take note that a pod is gone."""
        self._known.pop(uid, None)

    def _shared(self, found: Placement | None) -> Placement | None:
        """Return the placement with the very group that others of that slice have: quick to compare."""
        if found is None:
            return None
        return Placement(self._groups.setdefault(found.group, found.group), found.endpoint)
