from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from readylb.core.http1.exchange import Request
from readylb.core.http1.responses import Refusal
from readylb.core.termination import Termination
from readylb.data.answer import answer_here, overdue, refuse
from readylb.data.flow import NOT_CONNECTED

DATE = b"Sat, 21 Nov 2026 00:00:00 GMT"


class Transport:
    def __init__(self) -> None:
        self.reading = False

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        self.reading = True


class Client:
    def __init__(self) -> None:
        self.held = NOT_CONNECTED
        self.transport = Transport()
        self.said: list[tuple[bytes, bool]] = []

    def say(self, response: bytes, *, close: bool) -> None:
        self.said.append((response, close))


class Exchange:
    """As much of an exchange as an answer of our own has to do with."""

    def __init__(self, method: bytes = b"GET", *, whole: bool = True, closing: bool = False) -> None:
        head = b"%b / HTTP/1.1\r\nHost: web\r\n\r\n" % method
        self.request = Request(head, method, b"/", 1, 16)
        self.service = SimpleNamespace(
            closing=closing, sweep=SimpleNamespace(date=DATE), settings=SimpleNamespace(name="default/web")
        )
        self.endpoint = SimpleNamespace(name="web-0")
        self.body_complete = whole
        self.trace = SimpleNamespace(bytes_out=0, detail="")
        self.client = Client()
        self.status = 0
        self.ended: list[str] = []
        self.rejected: list[tuple[Refusal, str]] = []

    def finish(self, reason: str) -> None:
        self.ended.append(reason)

    def reject(self, refusal: Refusal, reason: str) -> None:
        self.rejected.append((refusal, reason))


def said(exchange: Any) -> tuple[bytes, bool]:
    (answer,) = exchange.client.said
    return answer


def test_a_refusal_ends_the_exchange_and_lets_the_client_be_read_on() -> None:
    exchange: Any = Exchange()
    refuse(exchange, Refusal(503, "nobody is ready", 5), Termination.NO_READY_ENDPOINTS)
    response, close = said(exchange)
    assert response.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Retry-After: 5\r\n" in response
    assert response.endswith(b"\r\n\r\nnobody is ready\n")
    assert not close
    assert (exchange.status, exchange.ended) == (503, ["NoReadyEndpoints"])
    assert exchange.trace.bytes_out == len(response)
    assert exchange.trace.detail == "nobody is ready"
    assert (exchange.client.held, exchange.client.transport.reading) == (0, True)


@pytest.mark.parametrize("more", [{"whole": False}, {"closing": True}])
def test_the_connection_ends_where_nothing_can_follow(more: dict[str, bool]) -> None:
    exchange: Any = Exchange(**more)
    refuse(exchange, Refusal(502, "broken"), Termination.RESET)
    response, close = said(exchange)
    assert close
    assert b"Connection: close\r\n" in response


def test_a_client_that_asked_for_the_end_gets_it() -> None:
    exchange: Any = Exchange()
    exchange.request.keep_alive = False
    refuse(exchange, Refusal(502, "broken"), Termination.RESET)
    assert said(exchange)[1]


def test_rfc9112_9_3_http_1_0_is_not_left_waiting_for_an_end_it_was_not_told_of() -> None:
    exchange: Any = Exchange()
    exchange.request.minor, exchange.request.keep_alive = 0, True
    refuse(exchange, Refusal(503, "nobody is ready"), Termination.NO_READY_ENDPOINTS)
    response, close = said(exchange)
    assert close
    assert b"Connection: close\r\n" in response


def test_rfc9110_9_3_2_a_head_request_gets_no_body() -> None:
    exchange: Any = Exchange(b"HEAD")
    refuse(exchange, Refusal(502, "broken"), Termination.RESET)
    assert said(exchange)[0].endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", [b"OPTIONS", b"TRACE"])
def test_rfc9110_7_6_2_what_may_go_no_further_is_answered_here(method: bytes) -> None:
    exchange: Any = Exchange(method)
    answer_here(exchange)
    assert said(exchange)[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert (exchange.status, exchange.ended) == (200, ["Completed"])


def test_what_its_endpoint_did_not_end_in_time_is_rejected_as_drained() -> None:
    exchange: Any = Exchange()
    overdue(exchange)
    ((refusal, reason),) = exchange.rejected
    assert (refusal.status, reason) == (502, "Drained")
    assert refusal.text == "default/web: web-0 ended before it had answered"
