from __future__ import annotations

from tests.conftest import FakeClock

from readylb.model import Event, Pod
from readylb.model.meta import ObjectMeta, ObjectReference
from readylb.telemetry.events import EventRecorder, container_path

POD = Pod(metadata=ObjectMeta(name="web", namespace="shop", uid="u1", resource_version="7"))


class Kept:
    """A sink that keeps events by name."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}

    def write(self, event: Event) -> None:
        self.events[event.metadata.name] = event

    @property
    def only(self) -> Event:
        (event,) = self.events.values()
        return event


def test_an_event_says_what_happened_to_which_part_of_what(clock: FakeClock) -> None:
    kept = Kept()
    recorder = EventRecorder(kept, clock.now)
    recorder.record(
        POD, "Warning", "Unhealthy", "Liveness probe failed: no\n", field_path=container_path("main")
    )
    event = kept.only
    assert event.involved_object == ObjectReference(
        kind="Pod",
        namespace="shop",
        name="web",
        uid="u1",
        api_version="v1",
        resource_version="7",
        field_path="spec.containers{main}",
    )
    assert (event.type, event.reason, event.message) == ("Warning", "Unhealthy", "Liveness probe failed: no")
    assert (event.source.component, event.count) == ("kubelet", 1)
    assert event.first_timestamp == event.last_timestamp == clock.now()
    assert event.metadata.namespace == "shop"
    assert event.metadata.name == f"web.{int(clock.now() * 1e9):x}"


def test_the_same_again_is_a_count_that_keeps_its_first_time(clock: FakeClock) -> None:
    kept = Kept()
    recorder = EventRecorder(kept, clock.now)
    begin = clock.now()
    for _ in range(9):
        recorder.record(POD, "Warning", "Unhealthy", "no")
        clock.advance(36.875)
    assert kept.only.count == 9
    assert kept.only.first_timestamp == begin
    assert kept.only.last_timestamp == begin + 295


def test_two_events_of_one_moment_have_two_names(clock: FakeClock) -> None:
    kept = Kept()
    recorder = EventRecorder(kept, clock.now)
    recorder.record(POD, "Normal", "Created", "Container created")
    recorder.record(POD, "Normal", "Started", "Container started")
    assert [event.reason for event in kept.events.values()] == ["Created", "Started"]


def test_another_object_field_path_reason_or_message_is_another_event(clock: FakeClock) -> None:
    kept = Kept()
    recorder = EventRecorder(kept, clock.now)
    other = ObjectReference(kind="Pod", namespace="shop", name="web", uid="u2")
    recorder.record(POD, "Normal", "Created", "one", field_path="a")
    recorder.record(POD, "Normal", "Created", "one", field_path="b")
    recorder.record(POD, "Normal", "Created", "two", field_path="a")
    recorder.record(POD, "Normal", "Killing", "one", field_path="a")
    recorder.record(other, "Normal", "Created", "one", field_path="a")
    assert [event.count for event in kept.events.values()] == [1] * 5
