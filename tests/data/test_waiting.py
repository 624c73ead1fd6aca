from __future__ import annotations

import errno
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from readylb.data import waiting
from readylb.data.stats import ServiceCounters
from readylb.data.waiting import Waiting

NOW = 100.0


class Transport:
    """Of a client that is there, unless it is said to be gone."""

    def __init__(self) -> None:
        self.error = 0
        self.aborted = False

    def get_extra_info(self, _name: str) -> Any:
        return SimpleNamespace(getsockopt=lambda *_: self.error)

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


class Exchange:
    """A request that waits, and what becomes of it when it is started again."""

    def __init__(self, *, started: float = NOW, head: int = 100, body: int = 0) -> None:
        self.started = started
        self.request = SimpleNamespace(head=bytes(head), body=body)
        self.client = SimpleNamespace(deadline=0.0, transport=Transport())
        self.starts = 0
        self.then: Callable[[], object] = lambda: None

    def start(self) -> None:
        self.starts += 1
        self.then()


def a_service(*, hold: float = 5.0, starting: bool = True) -> Any:
    return SimpleNamespace(
        settings=SimpleNamespace(hold_seconds=hold),
        sweep=SimpleNamespace(now=NOW),
        table=SimpleNamespace(message=SimpleNamespace(starting=starting)),
        counters=ServiceCounters(),
    )


def test_a_request_waits_as_long_as_its_service_says_from_its_own_beginning() -> None:
    service = a_service()
    held, exchange = Waiting(service), Exchange(started=NOW - 2)
    assert held.take(exchange)
    assert exchange.client.deadline == NOW + 3
    assert (service.counters.held, service.counters.held_total) == (1, 1)
    assert repr(held) == "<Waiting 1 requests, 100 bytes>"


@pytest.mark.parametrize(
    ("service", "exchange"),
    [
        (a_service(hold=0.0), Exchange()),
        (a_service(starting=False), Exchange()),
        (a_service(hold=5.0), Exchange(started=NOW - 5)),
    ],
    ids=["nobody asked for it", "nothing is starting", "its time is over"],
)
def test_it_does_not_wait_without_a_reason_to(service: Any, exchange: Any) -> None:
    assert not Waiting(service).take(exchange)
    assert service.counters.held_total == 0


def test_no_more_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "WAITING_REQUESTS", 2)
    held = Waiting(a_service())
    assert [held.take(Exchange()) for _ in range(3)] == [True, True, False]


def test_bodies_count_as_what_may_be_read_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "WAITING_BYTES", 300_000)
    held = Waiting(a_service())
    assert [held.take(Exchange(body=size)) for size in (5, -1, 0)] == [True, False, True]


def test_one_that_leaves_makes_room() -> None:
    service = a_service()
    held, exchange = Waiting(service), Exchange()
    held.take(exchange)
    held.leave(exchange)
    held.leave(exchange)
    assert repr(held) == "<Waiting 0 requests, 0 bytes>"
    assert (service.counters.held, service.counters.held_total) == (0, 1)


def test_when_things_change_all_are_started_in_the_order_they_came() -> None:
    service = a_service()
    held = Waiting(service)
    order: list[str] = []
    for name in "abc":
        exchange = Exchange()
        exchange.then = lambda name=name: order.append(name)
        held.take(exchange)
    held.resume()
    held.resume()
    assert order == ["a", "b", "c"]
    assert service.counters.held == 0


def test_one_that_waits_on_is_counted_once() -> None:
    service = a_service()
    held, exchange = Waiting(service), Exchange()
    exchange.then = lambda: held.take(exchange)
    held.take(exchange)
    held.resume()
    held.resume()
    assert exchange.starts == 2
    assert (service.counters.held, service.counters.held_total) == (1, 1)


def test_one_whose_client_has_gone_unheard_is_not_started() -> None:
    held, gone, there = Waiting(a_service()), Exchange(body=9), Exchange()
    gone.client.transport.error = errno.ECONNRESET
    held.take(gone)
    held.take(there)
    held.resume()
    assert (gone.starts, gone.client.transport.aborted) == (0, True)
    assert (there.starts, there.client.transport.aborted) == (1, False)
