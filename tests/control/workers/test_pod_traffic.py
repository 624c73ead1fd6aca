from __future__ import annotations

from tests.conftest import FakeClock

from readylb.control.store import Store
from readylb.control.workers.pod_traffic import PodTrafficLedger
from readylb.model import PodTraffic
from readylb.wire.messages import EndpointEntry, SetEndpoints

KEY = "default/web:80"


def ready(uid: str) -> EndpointEntry:
    return EndpointEntry(uid, uid, "127.0.0.1", 1, ready=True, serving=True, terminating=False)


def leaving(uid: str, *, serving: bool = False) -> EndpointEntry:
    return EndpointEntry(uid, uid, "127.0.0.1", 1, ready=False, serving=serving, terminating=True)


def table(generation: int, *entries: EndpointEntry, key: str = KEY) -> SetEndpoints:
    return SetEndpoints(key, generation, entries)


class Told:
    """A ledger, and who has traffic according to the store."""

    def __init__(self, clock: FakeClock) -> None:
        self.store = Store(clock)
        self.ledger = PodTrafficLedger(self.store, clock)

    @property
    def open(self) -> list[str]:
        return [item.metadata.name for item in self.store.objects(PodTraffic)]


def test_a_pod_has_traffic_from_before_the_workers_hear_of_it(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a"), leaving("b")))
    assert told.open == ["a"]


def test_a_pod_has_traffic_until_all_workers_confirm_that_they_send_nothing_more(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a"), ready("b")))
    told.ledger.sending(table(2, leaving("a"), ready("b")))
    assert told.open == ["a", "b"]
    told.ledger.confirmed(table(2, leaving("a"), ready("b")), ())
    assert told.open == ["b"]


def test_a_pod_has_traffic_while_a_worker_is_busy_with_it(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.sending(table(2, leaving("a")))
    told.ledger.confirmed(table(2, leaving("a")), ("a",))
    assert told.open == ["a"]
    told.ledger.confirmed(table(2, leaving("a")), ())
    assert told.open == []


def test_a_pod_behind_two_ports_has_traffic_until_both_are_done(clock: FakeClock) -> None:
    told = Told(clock)
    for key in (KEY, "default/web:81"):
        told.ledger.sending(table(1, ready("a"), key=key))
    told.ledger.confirmed(table(2, leaving("a")), ())
    assert told.open == ["a"]
    told.ledger.confirmed(table(2, leaving("a"), key="default/web:81"), ())
    assert told.open == []


def test_a_terminating_pod_is_drained_once_and_survives_if_it_serves_a_second_later(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.confirmed(table(2, leaving("a")), ())
    assert not told.ledger.survived("a")
    clock.advance(1.0)
    assert told.ledger.survived("a")
    told.ledger.sending(table(3, leaving("a", serving=True)))
    assert told.open == []
    told.ledger.forget("a")
    assert not told.ledger.survived("a")


def test_a_pod_that_becomes_ready_again_has_traffic_again(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.confirmed(table(2), ())
    told.ledger.sending(table(3, ready("a")))
    assert told.open == ["a"]


def test_a_pod_that_was_out_for_a_while_is_drained_anew_when_it_terminates(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.confirmed(table(2), ())
    told.ledger.sending(table(3, ready("a")))
    clock.advance(60.0)
    told.ledger.sending(table(4, leaving("a", serving=True)))
    assert not told.ledger.survived("a"), "it has not had its stop signal yet"
    assert told.open == ["a"]


def drained(uid: str) -> EndpointEntry:
    return EndpointEntry(uid, uid, "127.0.0.1", 1, ready=False, serving=True, terminating=False)


def test_what_runs_is_told_apart_from_what_may_still_come(clock: FakeClock) -> None:
    told = Told(clock)

    def ending() -> list[bool]:
        return [item.ending for item in told.store.objects(PodTraffic)]

    for key in (KEY, "default/web:81"):
        told.ledger.sending(table(1, ready("a"), key=key))
    told.ledger.sending(table(2, drained("a")))
    assert ending() == [False]
    told.ledger.confirmed(table(2, drained("a")), ("a",))
    assert ending() == [False], "the other port may still send something"
    told.ledger.confirmed(table(2, drained("a"), key="default/web:81"), ())
    assert ending() == [True]
    told.ledger.sending(table(3, ready("a")))
    assert ending() == [False]
    told.ledger.confirmed(table(4, drained("a")), ("a",))
    told.ledger.confirmed(table(4, drained("a")), ())
    assert told.open == []


def test_nobody_has_traffic_once_the_data_plane_has_stopped(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.retire()
    told.ledger.sending(table(2, ready("a"), ready("b")))
    assert told.open == []


def test_a_removed_port_keeps_its_pods_until_its_last_exchange_has_ended(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a"), ready("b")))
    told.ledger.leaving(KEY, 1)
    assert told.open == ["a", "b"]
    told.ledger.removed(KEY, 1, ("a",))
    assert told.open == ["a"]
    told.ledger.removed(KEY, 1, ())
    assert told.open == []


def test_a_port_that_is_served_again_meanwhile_is_another(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.leaving(KEY, 1)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.removed(KEY, 1, ())
    assert told.open == ["a"]
    told.ledger.leaving(KEY, 2)
    told.ledger.removed(KEY, 1, ())
    assert told.open == ["a"]
    told.ledger.removed(KEY, 2, ())
    assert told.open == []


def test_when_the_data_plane_has_stopped_nothing_that_was_removed_is_waited_for(clock: FakeClock) -> None:
    told = Told(clock)
    told.ledger.sending(table(1, ready("a")))
    told.ledger.leaving(KEY, 1)
    told.ledger.retire()
    assert told.open == []
