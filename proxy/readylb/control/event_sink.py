"""Events in the store, where everybody who lists or watches finds them; bounded in number and age."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from readylb.control.store import Key, Store
from readylb.model import Event

#: The API server keeps events for an hour (--event-ttl); the number bounds memory in a storm.
TTL_SECONDS = 3600.0
MAXIMUM_EVENTS = 1000


class StoreEventSink:
    """Writes events to a store. Old ones are dropped when new ones are written."""

    def __init__(self, store: Store) -> None:
        """Write to `store`."""
        self._store = store
        self._times: OrderedDict[Key, float] = OrderedDict()

    def write(self, event: Event) -> None:
        """Create the event, or replace the one of its name; then drop what is too old or too much."""
        meta = event.metadata
        key = (meta.namespace, meta.name)
        if self._store.find(Event, *key) is None:
            self._store.create(event)
        else:
            self._store.update(Event, *key, lambda old: replace(event, metadata=old.metadata))
        now = event.last_timestamp or 0.0
        self._times[key] = now
        self._times.move_to_end(key)
        self._prune(now)

    def _prune(self, now: float) -> None:
        while self._times:
            key, time = next(iter(self._times.items()))
            if len(self._times) <= MAXIMUM_EVENTS and now - time <= TTL_SECONDS:
                return
            del self._times[key]
            self._store.remove(Event, *key)
