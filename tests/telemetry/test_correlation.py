from __future__ import annotations

from dataclasses import replace

from readylb.model import Event
from readylb.model.event import EventSource
from readylb.model.meta import ObjectMeta, ObjectReference
from readylb.telemetry.correlation import CACHE_SIZE, Correlator


def event(
    message: str = "no", *, reason: str = "Unhealthy", kind: str = "Warning", name: str = "web"
) -> Event:
    return Event(
        metadata=ObjectMeta(name=f"{name}.{message}"),
        involved_object=ObjectReference(kind="Pod", name=name, uid=name),
        type=kind,
        reason=reason,
        message=message,
        source=EventSource(component="kubelet"),
        first_timestamp=0.0,
        last_timestamp=0.0,
    )


def messages(correlator: Correlator, number: int, *, begin: float = 0.0, step: float = 1.0) -> list[str]:
    found = []
    for index in range(number):
        seen = correlator.correlate(event(f"m{begin + index:g}"), begin + index * step)
        found.append("-" if seen is None else seen.message)
    return found


def test_the_tenth_different_message_within_ten_minutes_is_combined() -> None:
    found = messages(Correlator(), 11)
    assert found[8] == "m8"
    assert found[9] == "(combined from similar events): m9"
    assert found[10] == "(combined from similar events): m10"


def test_combined_events_are_one_event_with_a_count() -> None:
    correlator = Correlator()
    messages(correlator, 10)
    seen = correlator.correlate(event("m10"), 10.0)
    assert seen is not None
    assert (seen.count, seen.metadata.name) == (2, "web.m9")


def test_a_gap_of_more_than_ten_minutes_starts_afresh() -> None:
    correlator = Correlator()
    messages(correlator, 9)
    assert messages(correlator, 1, begin=609.0) == ["m609"]


def test_the_same_message_again_is_counted_and_never_combined() -> None:
    correlator = Correlator()
    counts = [seen.count for _ in range(20) if (seen := correlator.correlate(event(), 0.0))]
    assert counts == list(range(1, 21))


def test_after_twenty_five_at_once_the_rest_is_dropped_until_a_token_comes_back() -> None:
    correlator = Correlator()
    seen = [correlator.correlate(event(), 0.0) for _ in range(30)]
    assert [item is None for item in seen] == [False] * 25 + [True] * 5
    assert correlator.correlate(event(), 299.0) is None
    back = correlator.correlate(event(), 300.0)
    assert back is not None
    assert back.count == 32
    assert correlator.correlate(event(), 301.0) is None


def test_the_filter_is_per_object_and_type_but_not_per_reason() -> None:
    correlator = Correlator()
    for _ in range(25):
        correlator.correlate(event(), 0.0)
    assert correlator.correlate(event(reason="BackOff"), 0.0) is None
    assert correlator.correlate(event(kind="Normal"), 0.0) is not None
    assert correlator.correlate(event(name="other"), 0.0) is not None


def test_what_was_used_longest_ago_is_forgotten() -> None:
    correlator = Correlator()
    correlator.correlate(event(), 0.0)
    for number in range(CACHE_SIZE):
        correlator.correlate(event(name=f"p{number}"), 0.0)
    seen = correlator.correlate(event(), 0.0)
    assert seen is not None
    assert seen.count == 1


def test_messages_about_different_containers_are_combined_too() -> None:
    correlator, found = Correlator(), []
    for number in range(10):
        said = event(f"m{number}")
        part = replace(said.involved_object, field_path=f"spec.containers{{c{number}}}")
        seen = correlator.correlate(replace(said, involved_object=part), 0.0)
        found.append("-" if seen is None else seen.message)
    assert found[8:] == ["m8", "(combined from similar events): m9"]
