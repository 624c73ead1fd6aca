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
from readylb.core.http1.exchange import Fields, Request, Response
from readylb.core.http1.framing import (
    bad_escape,
    finish_plain_request,
    finish_request,
    finish_response,
    read_response_line,
    refuse_unfinished,
    start_request,
)
from readylb.core.http1.lines import REQUEST_HEAD, notable_of_request
from readylb.core.http1.responses import Refusal
from readylb.core.http1.syntax import has_bad_escape, with_blanks_for_tabs
from readylb.wire.messages import Limits


class _NoCallbacks:
    """What the parser looks for and does not find; an attribute that is None is found sooner than none."""

    on_message_begin = None
    on_url = None
    on_status = None
    on_header = None
    on_headers_complete = None
    on_body = None
    on_message_complete = None
    on_chunk_header = None
    on_chunk_complete = None


_NO_CALLBACKS: Final = _NoCallbacks()
_EMPTY_LINE: Final = 4  # with the end of the line before
_LINE_REST: Final = 12  # of a request line: two blanks, the version, CRLF
_SHORTEST_FIELD: Final = 4  # a name of one letter, a colon, CRLF


def read_request(data: bytes, limits: Limits) -> Request | Refusal | None:
    """Read the request head with which `data` begins; None: it has not come to its end."""
    found = REQUEST_HEAD.match(data)
    if found is None:
        return _read_other_request(data, limits)
    method, target, minor, name, value, name_2, value_2, name_3, value_3, ended = found.groups()
    if ended is None:
        return _read_other_request(data, limits)
    end = found.end()
    head = data if end == len(data) else data[:end]
    request = Request(head, method, target, 1 if minor == b"1" else 0, len(method) + len(target) + _LINE_REST)
    refusal = None
    if (
        end > limits.request_line_bytes
        or end > limits.header_fields * _SHORTEST_FIELD
        or end > limits.head_bytes
    ):
        refusal = _refuse_size(request, limits)
    if refusal is not None or (b"%" in target and has_bad_escape(target)):
        return refusal or bad_escape()
    try:
        HttpRequestParser(_NO_CALLBACKS).feed_data(head)
    except (HttpParserUpgrade, HttpParserError) as error:
        refusal = _refusal_of(error, head)
        if refusal is not None and refusal.text != UNCLEAR:
            return refusal
    if name_2 is None and name is not None and request.minor and name.lower() == b"host":
        return finish_plain_request(request, value) or refusal or request
    # The parser judges lengths as well; framing says which of its rules was broken.
    return (
        finish_request(request, _fields(name, value, name_2, value_2, name_3, value_3)) or refusal or request
    )


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


def _read_other_request(data: bytes, limits: Limits) -> Request | Refusal | None:
    """Read what is not in the shape that nearly all have: other targets, many lines that matter, mistakes."""
    end = data.find(b"\r\n\r\n") + _EMPTY_LINE
    if end < _EMPTY_LINE:
        return None
    head = data[:end]
    if end > limits.head_bytes:
        return refuse_unfinished(head, limits.request_line_bytes, limits.head_bytes)
    request = start_request(head)
    if isinstance(request, Refusal):
        return request
    refusal = _refuse_size(request, limits)
    if refusal is not None:
        return refusal
    try:
        HttpRequestParser(_NO_CALLBACKS).feed_data(head)
    except (HttpParserUpgrade, HttpParserError) as error:
        refusal = _refusal_of(error, head)
        if refusal is not None and refusal.text != UNCLEAR:
            return refusal
    return finish_request(request, notable_of_request(head)) or refusal or request


def _fields(  # noqa: PLR0913, PLR0917 - names and values as a pattern has them
    name: bytes | None,
    value: bytes | None,
    name_2: bytes | None,
    value_2: bytes | None,
    name_3: bytes | None,
    value_3: bytes | None,
) -> Fields:
    """Return the lines that were found. What is behind one that is None is None."""
    fields: Fields = []
    if name is not None and value is not None:
        fields.append((name, value))
    if name_2 is not None and value_2 is not None:
        fields.append((name_2, value_2))
    if name_3 is not None and value_3 is not None:
        fields.append((name_3, value_3))
    return fields


def _refuse_size(request: Request, limits: Limits) -> Refusal | None:
    """Hold a whole request head against the limits."""
    head = request.head
    if len(head) > limits.head_bytes:
        return refuse_unfinished(head, limits.request_line_bytes, limits.head_bytes)
    if request.fields_at - 2 > limits.request_line_bytes:
        return Refusal(414, f"the request line is longer than {limits.request_line_bytes} bytes")
    # Beside the fields, two lines end in LF.
    if head.count(b"\n") - 2 > limits.header_fields:
        return Refusal(431, f"there are more than {limits.header_fields} header fields")
    return None


def _refusal_of(error: Exception, head: bytes) -> Refusal | None:
    """Return the answer to a whole head at which the parser gave up; None: it may be forwarded."""
    if isinstance(error, HttpParserUpgrade):
        # Raised after a complete head that offers an upgrade; whether one is meant is decided later.
        return None
    if isinstance(error, HttpParserInvalidMethodError):
        return Refusal(501, "the request method is not known here")
    return None if _is_valid_without_tabs(head) else Refusal(400, what_is_wrong(head))


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
