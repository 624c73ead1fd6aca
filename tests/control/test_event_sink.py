from __future__ import annotations

from tests.conftest import FakeClock

from readylb.control.event_sink import MAXIMUM_EVENTS, TTL_SECONDS, StoreEventSink
from readylb.control.store import Store
from readylb.model import Event
from readylb.model.meta import ObjectMeta


def event(name: str, time: float, count: int = 1) -> Event:
    return Event(metadata=ObjectMeta(name=name), count=count, first_timestamp=time, last_timestamp=time)


def names(store: Store) -> list[str]:
    return [item.metadata.name for item in store.objects(Event)]


def test_an_event_of_the_same_name_takes_the_place_of_the_old_one(clock: FakeClock) -> None:
    store = Store(clock)
    sink = StoreEventSink(store)
    sink.write(event("a", 1.0))
    uid = store.get(Event, "default", "a").metadata.uid
    sink.write(event("a", 2.0, count=2))
    (kept,) = store.objects(Event)
    assert (kept.count, kept.metadata.uid) == (2, uid)


def test_events_older_than_an_hour_are_dropped(clock: FakeClock) -> None:
    store = Store(clock)
    sink = StoreEventSink(store)
    sink.write(event("old", 0.0))
    sink.write(event("renewed", 1.0))
    sink.write(event("renewed", 100.0))
    sink.write(event("new", TTL_SECONDS + 1))
    assert names(store) == ["renewed", "new"]


def test_no_more_than_a_thousand_are_kept(clock: FakeClock) -> None:
    store = Store(clock)
    sink = StoreEventSink(store)
    for number in range(MAXIMUM_EVENTS + 5):
        sink.write(event(f"e{number}", 1.0))
    assert len(names(store)) == MAXIMUM_EVENTS
    assert names(store)[0] == "e5"


def test_an_event_that_somebody_deleted_can_come_again(clock: FakeClock) -> None:
    store = Store(clock)
    sink = StoreEventSink(store)
    sink.write(event("a", 1.0))
    store.remove(Event, "default", "a")
    sink.write(event("a", 2.0, count=2))
    assert names(store) == ["a"]
