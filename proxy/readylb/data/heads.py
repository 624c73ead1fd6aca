"""Heads through httptools: its strict grammar for field lines, `core.http1.framing` for the rest.

A parser sees one whole head at a time. Bodies do not go through it, so its state cannot carry over: no
second message in the same feed, no upgrade guess, no HEAD it does not know of. One is used again only
where all that it has read were plain messages and complete ones, which leave it as it began: making
another costs a quarter of a microsecond. It has no callbacks, which would cost more than the parse:
framing picks out the few lines it needs. Compiled, `core.http1.usual` reads the heads that leave no doubt.
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
    finish_request,
    finish_response,
    refuse_unfinished,
    start_request,
    start_response,
)
from readylb.core.http1.lines import BESIDE_FIELDS, OF_REQUESTS, OF_RESPONSES, notable
from readylb.core.http1.responses import Refusal
from readylb.core.http1.syntax import with_blanks_for_tabs
from readylb.core.http1.usual import IS_COMPILED, read_usual_request, read_usual_response
from readylb.wire.messages import Limits


class _NoCallbacks:
    """What the parser looks for and does not find; an attribute that is None is found sooner than none."""

    __slots__ = ()

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
# Compiled code looks a class of another module up by name each time, and a constant of its own never.
_RequestParser: Final = HttpRequestParser
_ResponseParser: Final = HttpResponseParser


class _Spare:
    """A parser of each kind that is as good as new, if there is one."""

    __slots__ = ("of_requests", "of_responses")

    def __init__(self) -> None:
        self.of_requests: HttpRequestParser | None = None
        self.of_responses: HttpResponseParser | None = None


_SPARE: Final = _Spare()
# Methods that the parser knows, of a protocol that is not spoken here (RFC 9110 §15.6.2).
_OF_RTSP: Final = tuple(
    name + b" "
    for name in (
        b"ANNOUNCE",
        b"DESCRIBE",
        b"FLUSH",
        b"GET_PARAMETER",
        b"PAUSE",
        b"PLAY",
        b"RECORD",
        b"REDIRECT",
        b"SETUP",
        b"SET_PARAMETER",
        b"TEARDOWN",
    )
)
_EMPTY_LINE: Final = 4  # with the end of the line before


def read_request(data: bytes, limits: Limits) -> Request | Refusal | None:
    """Read the request head with which `data` begins; None: it has not come to its end."""
    if IS_COMPILED:
        found: Fields = []
        usual = read_usual_request(data, found, limits.request_line_bytes, limits.header_fields)
        if usual is not None and len(usual.head) <= limits.head_bytes:
            return finish_request(usual, found) or usual
    return parse_request(data, limits)


def read_response(data: bytes, method: bytes, most: int) -> Response | str | None:
    """Read the response head, of at most `most` bytes, with which `data` begins and that answers `method`.

    None: it has not come to its end. A string says why it is not valid.
    """
    if IS_COMPILED:
        found: Fields = []
        usual = read_usual_response(data, found)
        if usual is not None and len(usual.head) <= most:
            return finish_response(usual, found, method) or usual
    return parse_response(data, method, most)


def parse_request(data: bytes, limits: Limits) -> Request | Refusal | None:
    """Do as `read_request` does, with the parser, whatever the head."""
    end = data.find(b"\r\n\r\n") + _EMPTY_LINE
    if end < _EMPTY_LINE:
        return None
    head = data if end == len(data) else data[:end]
    if end > limits.head_bytes:
        return refuse_unfinished(head, limits.request_line_bytes, limits.head_bytes)
    lines = head.split(b"\n")
    request = start_request(head, lines[0])
    if isinstance(request, Refusal):
        return request
    refusal = _refuse_size(lines, limits) or _refuse_fields(head, request, lines)
    return refusal or request


def parse_response(data: bytes, method: bytes, most: int) -> Response | str | None:
    """Do as `read_response` does, with the parser, whatever the head."""
    end = data.find(b"\r\n\r\n") + _EMPTY_LINE
    if end < _EMPTY_LINE:
        return None
    if end > most:
        return f"the response head is longer than {most} bytes"
    head = data if end == len(data) else data[:end]
    lines = head.split(b"\n")
    response = start_response(head, lines[0])
    if response is None:
        return "the status line is not valid"
    wrong = finish_response(response, notable(lines, OF_RESPONSES), method)
    if wrong:
        return wrong
    return response if _parses(data, response) else "the response head is not valid"


def _parses(data: bytes, response: Response) -> bool:
    """Ask the parser whether the field lines of the head with which `data` begins are valid."""
    head = response.head
    # With its body behind it, a response is over for the parser as well.
    whole = not response.hop_by_hop and response.minor == 1 and len(data) - len(head) == response.body > 0
    parser = _SPARE.of_responses or _ResponseParser(_NO_CALLBACKS)
    _SPARE.of_responses = None
    try:
        parser.feed_data(data if whole else head)
    except HttpParserUpgrade:
        # Raised after a complete head. Whether it was asked for is decided later.
        return True
    except HttpParserError:
        return False
    if whole:
        _SPARE.of_responses = parser
    return True


def _refuse_fields(head: bytes, request: Request, lines: list[bytes]) -> Refusal | None:
    """Judge the fields and put what they say into `request`; None: it may be forwarded."""
    parser = _SPARE.of_requests or _RequestParser(_NO_CALLBACKS)
    _SPARE.of_requests = None
    try:
        parser.feed_data(head)
    except (HttpParserUpgrade, HttpParserError) as error:
        refusal = _refusal_of(error, head)
        if refusal is not None and refusal.text != UNCLEAR:
            return refusal
        # The parser judges lengths as well; framing says which of its rules was broken.
        return finish_request(request, notable(lines, OF_REQUESTS)) or refusal
    refusal = finish_request(request, notable(lines, OF_REQUESTS))
    if request.plain:
        _SPARE.of_requests = parser
    return refusal


def _refuse_size(lines: list[bytes], limits: Limits) -> Refusal | None:
    """Hold a head that is not too large as a whole against the limits."""
    if len(lines[0]) - 1 > limits.request_line_bytes:
        return Refusal(414, f"the request line is longer than {limits.request_line_bytes} bytes")
    if len(lines) - BESIDE_FIELDS > limits.header_fields:
        return Refusal(431, f"there are more than {limits.header_fields} header fields")
    return None


def _refusal_of(error: Exception, head: bytes) -> Refusal | None:
    """Return the answer to a whole head at which the parser gave up; None: it may be forwarded."""
    if isinstance(error, HttpParserUpgrade):
        # Raised after a complete head that offers an upgrade; whether one is meant is decided later.
        return None
    if isinstance(error, HttpParserInvalidMethodError) or head.startswith(_OF_RTSP):
        return Refusal(501, "the request method is not known here")
    return None if _is_valid_without_tabs(head) else Refusal(400, what_is_wrong(head))


def _is_valid_without_tabs(head: bytes) -> bool:
    """Ask the parser again about a request head that it refuses, if tabs may be the reason."""
    plain = with_blanks_for_tabs(head)
    if plain == head:
        return False
    try:
        _RequestParser(_NO_CALLBACKS).feed_data(plain)
    except HttpParserUpgrade:
        return True
    except HttpParserError:
        return False
    return True
