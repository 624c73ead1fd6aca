"""Which events become one: counting, aggregation and the spam filter of client-go.

Rules of `client-go/tools/record/events_cache.go`. The order is: many similar events collapse into
one, equal ones are counted, and what is too frequent is dropped (the count goes on rising unseen).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from readylb.model import Event

#: events_cache.go: maxLruCacheEntries, defaultAggregateMaxEvents, defaultAggregateIntervalInSeconds,
#: defaultSpamBurst, defaultSpamQPS.
CACHE_SIZE = 4096
AGGREGATE_FROM_MESSAGES = 10
AGGREGATE_WINDOW_SECONDS = 600.0
SPAM_BURST = 25
SPAM_REFILL_SECONDS = 300.0

COMBINED_PREFIX = "(combined from similar events): "

V = TypeVar("V")


class Correlator:
    """Remembers what was said, to say it again as a count."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._similar: _Recent[_Similar] = _Recent()
        self._observed: _Recent[_Observed] = _Recent()
        self._buckets: _Recent[_Bucket] = _Recent()

    def correlate(self, event: Event, now: float) -> Event | None:
        """Return the event to write, counted and perhaps combined; None when it is spam."""
        key, event = self._aggregate(event, now)
        event = self._count(key, event)
        return event if self._permits(event, now) else None

    def _aggregate(self, event: Event, now: float) -> tuple[Hashable, Event]:
        group = (*_about(event), event.type, event.reason)
        similar = self._similar.get(group)
        if similar is None or now - similar.last_time > AGGREGATE_WINDOW_SECONDS:
            similar = _Similar()
        similar.messages[event.message] = None
        similar.last_time = now
        self._similar.put(group, similar)
        if len(similar.messages) < AGGREGATE_FROM_MESSAGES:
            return (*group, event.involved_object.field_path, event.message), event
        similar.messages.pop(next(iter(similar.messages)))
        return group, replace(event, message=COMBINED_PREFIX + event.message)

    def _count(self, key: Hashable, event: Event) -> Event:
        seen = self._observed.get(key)
        if seen is not None:
            meta = replace(event.metadata, name=seen.name)
            event = replace(event, metadata=meta, count=seen.count + 1, first_timestamp=seen.first_timestamp)
        self._observed.put(key, _Observed(event.metadata.name, event.count, event.first_timestamp))
        return event

    def _permits(self, event: Event, now: float) -> bool:
        key = (*_about(event), event.type)
        bucket = self._buckets.get(key) or _Bucket(float(SPAM_BURST), now)
        tokens = min(bucket.tokens + (now - bucket.time) / SPAM_REFILL_SECONDS, float(SPAM_BURST))
        permitted = tokens >= 1
        self._buckets.put(key, _Bucket(tokens - permitted, now))
        return permitted


@dataclass(slots=True)
class _Similar:
    messages: dict[str, None] = field(default_factory=dict)
    last_time: float = 0.0


@dataclass(frozen=True, slots=True)
class _Observed:
    name: str
    count: int
    first_timestamp: float | None


@dataclass(frozen=True, slots=True)
class _Bucket:
    tokens: float
    time: float


class _Recent(Generic[V]):
    """A cache that forgets what was used longest ago."""

    def __init__(self) -> None:
        self._items: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        found = self._items.get(key)
        if found is not None:
            self._items.move_to_end(key)
        return found

    def put(self, key: Hashable, value: V) -> None:
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > CACHE_SIZE:
            self._items.popitem(last=False)


def _about(event: Event) -> tuple[str, ...]:
    """Return who speaks about what; the field path is left out, as client-go does."""
    item = event.involved_object
    source = event.source
    return source.component, source.host, item.kind, item.namespace, item.name, item.uid, item.api_version
