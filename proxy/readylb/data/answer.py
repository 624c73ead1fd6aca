"""Whole answers in the balancer's own name, which end an exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readylb.core.http1.responses import Refusal, final_recipient, render
from readylb.core.termination import Termination
from readylb.data.flow import NOT_CONNECTED, release

if TYPE_CHECKING:
    from readylb.data.forwarder import Exchange

_OK = 200


def answer_here(exchange: Exchange) -> None:
    """Answer an OPTIONS or TRACE that may go no further."""
    request = exchange.request
    service = exchange.service
    close = _closes(exchange)
    response = final_recipient(request.method, request.head, close=close, date=service.sweep.date)
    _say(exchange, _OK, Termination.COMPLETED, response, close=close)


def refuse(exchange: Exchange, refusal: Refusal, reason: str) -> None:
    """Say why there is no response; `reason` is the word it is counted under."""
    request = exchange.request
    service = exchange.service
    close = _closes(exchange)
    head_only = request.method == b"HEAD"
    if exchange.trace is not None:
        exchange.trace.detail = refusal.text
    response = render(refusal, close=close, date=service.sweep.date, head_only=head_only)
    _say(exchange, refusal.status, reason, response, close=close)


def overdue(exchange: Exchange) -> None:
    """Cut what its endpoint was given time to end, and has not."""
    text = f"{exchange.service.settings.name}: {exchange.endpoint.name} ended before it had answered"
    exchange.reject(Refusal(502, text), Termination.DRAINED)


def _closes(exchange: Exchange) -> bool:
    """Say whether the client's connection ends; HTTP/1.0 would have to be told that it does not."""
    request = exchange.request
    return (
        not exchange.body_complete or not request.keep_alive or request.minor == 0 or exchange.service.closing
    )


def _say(exchange: Exchange, status: int, reason: str, response: bytes, *, close: bool) -> None:
    exchange.status = status
    if exchange.trace is not None:
        exchange.trace.bytes_out += len(response)
    exchange.finish(reason)
    # What was read of the body waits for a connection no more: the next request is to be read.
    release(exchange.client, NOT_CONNECTED)
    exchange.client.say(response, close=close)
