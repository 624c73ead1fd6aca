"""Who leads back to readylb itself: kept from traffic; an event, a condition and `explain` tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from readylb.control.clock import Clock
from readylb.control.store import Key, Store
from readylb.control.workers import circles
from readylb.control.workers.ejections import Ejections
from readylb.control.workers.service_port import ServicePortState
from readylb.core.leads_back import with_leads_back
from readylb.model import Pod, Service
from readylb.telemetry.events import EventRecorder
from readylb.wire.messages import EndpointEntry


class CircleWatch:
    """The pods that each Service port sends nothing, because they lead back to it."""

    def __init__(self, store: Store, clock: Clock, recorder: EventRecorder, ejections: Ejections) -> None:
        """Know of none."""
        self._store = store
        self._clock = clock
        self._recorder = recorder
        self._ejections = ejections
        #: Service port → uid → namespace and name.
        self._pods: dict[str, dict[str, Key]] = {}

    def __repr__(self) -> str:
        """Show the state."""
        return f"<circles {self._pods}>"

    def without(
        self,
        service: Service,
        state: ServicePortState,
        found: tuple[EndpointEntry, ...],
        ports: Mapping[str, ServicePortState],
    ) -> tuple[EndpointEntry, ...]:
        """Return the entries, those of them without traffic that lead back to where we listen; tell it."""
        kept = circles.without_circles(found, state, ports)
        cut = [old for old, new in zip(found, kept, strict=True) if old is not new]
        for entry in cut:
            if entry.name not in state.circling:
                text = circles.sentence(entry, service.metadata.name, state.port)
                self._recorder.record(service, "Warning", "EndpointLeadsBack", text, component="readylb")
        state.circling = frozenset(entry.name for entry in cut)
        namespace = service.metadata.namespace
        self._tell(state.key, {entry.uid: (namespace, entry.name) for entry in cut})
        return kept

    def forget(self, key: str) -> None:
        """Take it that a Service port is served no more."""
        self._tell(key, {})

    def _tell(self, key: str, pods: dict[str, Key]) -> None:
        before = self._pods.pop(key, {})
        if pods:
            self._pods[key] = pods
        now = self._clock.now()
        self._ejections.lead_back(key, pods, now)
        for uid, where in {**before, **pods}.items():
            pod = self._store.find(Pod, *where)
            if pod is not None and pod.metadata.uid == uid:
                services = [name.partition("/")[2] for name, those in self._pods.items() if uid in those]
                change = partial(with_leads_back, services=services, now=now)
                self._store.update(Pod, *where, change)
