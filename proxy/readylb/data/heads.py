"""Heads through httptools: its strict grammar for field lines, `core.http1.framing` for the rest.

A parser sees one whole head and nothing else. Bodies never go through it, so its state cannot carry
over: no second message in the same feed, no upgrade guess, no HEAD it does not know of. Making one
costs a fifth of a microsecond, and as nothing refers back to it there is no cycle to break. It has
no callbacks either, which would cost more than the parse: framing picks out the few lines it needs.
"""

from __future__ import annotations

from typing import Final

from httptools import (
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
    HttpResponseParser,
)

from readylb.core.http1.diagnosis import UNCLEAR, what_is_wrong
from readylb.core.http1.exchange import Request, Response
from readylb.core.http1.framing import (
    finish_request,
    finish_response,
    read_response_line,
    refuse_unfinished,
    start_request,
)
from readylb.core.http1.lines import split_head
from readylb.core.http1.responses import Refusal
from readylb.core.http1.syntax import with_blanks_for_tabs
from readylb.wire.messages import Limits

_NO_CALLBACKS: Final = object()
_EMPTY_LINE: Final = 4  # with the end of the line before


def read_request(data: bytes, limits: Limits) -> Request | Refusal | None:  # noqa: PLR0911 - one for each rule
    """Read the request head with which `data` begins; None: it has not come to its end."""
    # The request line, the fields, the empty line.
    most = limits.header_fields + 2
    lines, end = split_head(data, most)
    if end < 0:
        end = data.find(b"\r\n\r\n") + 4 if len(lines) > most else 0
        if end < _EMPTY_LINE:
            return None
    head = data if end == len(data) else data[:end]
    if end > limits.head_bytes:
        return refuse_unfinished(head, limits.request_line_bytes, limits.head_bytes)
    request = start_request(head)
    if isinstance(request, Refusal):
        return request
    if request.fields_at - 2 > limits.request_line_bytes:
        return Refusal(414, f"the request line is longer than {limits.request_line_bytes} bytes")
    if len(lines) >= most:
        return Refusal(431, f"there are more than {limits.header_fields} header fields")
    refusal = _refuse_fields(head)
    if refusal is not None and refusal.text != UNCLEAR:
        return refusal
    # The parser judges lengths as well; framing says which of its rules was broken.
    return finish_request(request, lines) or refusal or request


def read_response(head: bytes, method: bytes) -> Response | str:
    """Read a whole response head that answers `method`; a string says why it is not valid."""
    response = read_response_line(head)
    if response is None:
        return "the status line is not valid"
    try:
        HttpResponseParser(_NO_CALLBACKS).feed_data(head)
    except HttpParserUpgrade:
        return finish_response(response, method) or response
    except HttpParserError:
        return "the response head is not valid"
    return finish_response(response, method) or response


def _refuse_fields(head: bytes) -> Refusal | None:
    """Ask the parser about a whole request head."""
    try:
        HttpRequestParser(_NO_CALLBACKS).feed_data(head)
    except HttpParserUpgrade:
        # Raised after a complete head that offers an upgrade; whether one is meant is decided later.
        return None
    except HttpParserInvalidMethodError:
        return Refusal(501, "the request method is not known here")
    except HttpParserError:
        if not _is_valid_without_tabs(head):
            return Refusal(400, what_is_wrong(head))
    return None


def _is_valid_without_tabs(head: bytes) -> bool:
    """Ask the parser again about a request head that it refuses, if tabs may be the reason."""
    plain = with_blanks_for_tabs(head)
    if plain == head:
        return False
    try:
        HttpRequestParser(_NO_CALLBACKS).feed_data(plain)
    except HttpParserUpgrade:
        return True
    except HttpParserError:
        return False
    return True
