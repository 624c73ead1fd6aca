"""Tells a person at the terminal what happens: one line per event and per change of endpoints."""

from __future__ import annotations

import logging

from readylb.control.store import Change, ChangeType, Store
from readylb.model import EndpointSlice, Event
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL

log = logging.getLogger("readylb")


class Narrator:
    """Watches Events and EndpointSlices and logs them."""

    def __init__(self, store: Store) -> None:
        """Have said nothing yet."""
        self._store = store
        self._ready: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {}

    async def run(self) -> None:
        """Tell until the store closes."""
        with self._store.watch(Event, EndpointSlice, since=self._store.version) as watch:
            async for change in watch:
                if isinstance(change.object, Event):
                    self._event(change, change.object)
                elif isinstance(change.object, EndpointSlice):
                    self._slice(change.object)

    def _event(self, change: Change, event: Event) -> None:
        if change.type is ChangeType.DELETED:
            return
        thing = event.involved_object
        times = f" (x{event.count})" if event.count > 1 else ""
        log.log(
            logging.WARNING if event.type == "Warning" else logging.INFO,
            "%s %s/%s: %s%s",
            event.reason,
            thing.kind.lower(),
            thing.name,
            event.message,
            times,
            extra={"reason": event.reason, "object": f"{thing.kind}/{thing.name}", "count": event.count},
        )

    def _slice(self, item: EndpointSlice) -> None:
        service = item.metadata.labels.get(SERVICE_NAME_LABEL, "")
        key = item.metadata.namespace, service
        everyone, ready = self._endpoints(key)
        before = self._ready.get(key, (frozenset(), frozenset()))
        if (everyone, ready) == before:
            return
        self._ready[key] = everyone, ready
        moves = [f"+{name}" for name in sorted(ready - before[1])]
        moves += [f"-{name}" for name in sorted(before[1] - ready)]
        if not moves:
            return
        log.info(
            "Endpoints service/%s: %d of %d Ready: %s",
            service,
            len(ready),
            len(everyone),
            " ".join(moves),
            extra={"reason": "Endpoints", "object": f"Service/{service}", "ready": sorted(ready)},
        )

    def _endpoints(self, key: tuple[str, str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names of all endpoints of a Service, and of those that are ready."""
        namespace, service = key
        found = [
            (endpoint.target_ref.name if endpoint.target_ref else endpoint.addresses[0], endpoint.conditions)
            for item in self._store.objects(EndpointSlice, namespace)
            if item.metadata.labels.get(SERVICE_NAME_LABEL) == service
            for endpoint in item.endpoints
        ]
        return (
            frozenset(name for name, _ in found),
            frozenset(name for name, conditions in found if conditions.ready),
        )
