"""Pods that traffic saw refuse connections, until all their readiness probes have passed since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from readylb.control.probes.prober import Prober
from readylb.control.store import Store
from readylb.model import Suspicion
from readylb.model.probe import ProbeKind


class Doubts:
    """Who still has to pass, by pod uid."""

    def __init__(self, store: Store) -> None:
        """Doubt nobody."""
        self._store = store
        self._namespaces: dict[str, str] = {}
        self._open: dict[str, dict[str, float]] = {}

    def raise_(self, suspicion: Suspicion, probers: Iterable[Prober]) -> None:
        """Have the pod's readiness probes asked out of turn, where that has not been answered yet."""
        at = suspicion.suspected_at
        uid = suspicion.metadata.name
        if at <= suspicion.vouched_at:
            return
        self._namespaces[uid] = suspicion.metadata.namespace
        waiting = self._open.setdefault(uid, {})
        for prober in probers:
            if prober.kind is ProbeKind.READINESS and waiting.get(prober.container, 0.0) < at:
                waiting[prober.container] = at
                prober.doubt(at)

    def vouch(self, uid: str, container: str, at: float) -> None:
        """Take note that a container's readiness probe has passed after `at`."""
        waiting = self._open.get(uid, {})
        if waiting.get(container, 0.0) <= at:
            waiting.pop(container, None)
        if waiting or uid not in self._namespaces:
            return
        namespace = self._namespaces[uid]
        self.forget(uid)
        if self._store.find(Suspicion, namespace, uid) is not None:
            self._store.update(
                Suspicion, namespace, uid, lambda old: replace(old, vouched_at=max(old.vouched_at, at))
            )

    def forget(self, uid: str) -> None:
        """Take note that there is nothing to wait for."""
        self._open.pop(uid, None)
        self._namespaces.pop(uid, None)
