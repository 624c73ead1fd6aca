"""The usual heads, read byte by byte in one pass.

Nothing is refused here. What this does not know, or would have to think about, is left to the parser
and to framing: other methods and targets, HTTP/1.0, tabs, whatever is wrong. So there is one thing to
be said of these functions: what they take, the parser takes as well, and reads the same.

Compiled, a look at each byte costs a third of splitting a head and giving it to a parser as well.
Interpreted it costs ten times as much, so there they are not asked.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Final

from readylb.core.http1.exchange import Fields, Request, Response
from readylb.core.http1.lines import OF_REQUESTS, OF_RESPONSES, Names
from readylb.core.http1.syntax import IN_TARGET, has_bad_escape, read_status_line

if TYPE_CHECKING:
    from mypy_extensions import i64

_METHODS: Final = frozenset((b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"PATCH", b"POST", b"PUT"))
_LONGEST_METHOD: Final = 7
_VERSION: Final = b" HTTP/1.1\r\n"
_VERSION_BYTES: Final = 11
_OK_LINE: Final = b"HTTP/1.1 200 OK\r\n"
_OK: Final = 200
_CRLF: Final = 2
_LF: Final = 10
_CR: Final = 13
_BLANK: Final = 32
_PERCENT: Final = 37
_HYPHEN: Final = 45
_COLON: Final = 58
_LOWER_CASE: Final = 32
_LOWER_A: Final = 97
_LOWER_Z: Final = 122
_DEL: Final = 127
_ANY_NUMBER: Final = 2**30
# For each byte, whether a token has it (RFC 9110 §5.6.2).
_IN_TOKEN: Final = bytes(
    byte in b"!#$%&'*+-.^_`|~0123456789" or bytes((byte,)).isalpha() for byte in range(256)
)


def read_usual_request(data: bytes, found: Fields, line_bytes: int, most: int) -> Request | None:
    """Return the request whose head `data` begins with; put its notable lines into `found`.

    None: it is not one of the usual, its line is longer than `line_bytes`, its field lines are more than
    `most`, or it has not come to its end.
    """
    if data.startswith(b"GET /"):
        method = b"GET"
        at: i64 = 5
    else:
        end = data.find(b" ", 0, _LONGEST_METHOD + 1)
        method = data[: max(0, end)]
        if method not in _METHODS or data[end + 1 : end + 2] != b"/":
            return None
        at = end + 2
    try:
        while IN_TARGET[data[at]]:
            at += 1
    except IndexError:
        return None
    fields_at = at + _VERSION_BYTES
    if fields_at - _CRLF > line_bytes or data[at:fields_at] != _VERSION:
        return None
    target = data[len(method) + 1 : at]
    end = _read_fields(data, fields_at, most, OF_REQUESTS, found)
    if end < 0 or (_PERCENT in target and has_bad_escape(target)):
        return None
    return Request(data if end == len(data) else data[:end], method, target, 1, fields_at)


def read_usual_response(data: bytes, found: Fields) -> Response | None:
    """Return the final response whose head `data` begins with; put its notable lines into `found`.

    None: it is not one of the usual, or has not come to its end.
    """
    if data.startswith(_OK_LINE):
        status = _OK
        fields_at = len(_OK_LINE)
    else:
        fields_at = data.find(b"\n") + 1
        minor, status = read_status_line(data[: max(0, fields_at - 1)])
        if status < _OK or minor == 0:
            return None
    end = _read_fields(data, fields_at, _ANY_NUMBER, OF_RESPONSES, found)
    if end < 0:
        return None
    return Response(data if end == len(data) else data[:end], status, 1)


def _read_fields(data: bytes, start: int, most: int, names: Names, found: Fields) -> int:
    """Read field lines from `start` on to behind the empty line that ends them, and return where that is.

    -1: they are not the usual, more than `most`, or have no end yet.
    """
    at: i64 = start
    lines = 0
    try:
        while True:
            begin = at
            byte: i64 = data[at]
            first = byte
            while (byte >= _LOWER_A and byte <= _LOWER_Z) or byte == _HYPHEN or _IN_TOKEN[byte]:
                at += 1
                byte = data[at]
            if at == begin:
                ends = byte == _CR and data[at + 1] == _LF and lines <= most
                return at + _CRLF if ends else -1
            if byte != _COLON:
                return -1
            colon = at
            at += 1
            byte = data[at]
            while byte >= _BLANK and byte != _DEL:
                at += 1
                byte = data[at]
            if byte != _CR or data[at + 1] != _LF:
                return -1
            for lower in names[first]:
                if len(lower) == colon - begin:
                    _note(data, begin, colon, at, lower, found)
            at += _CRLF
            lines += 1
    except IndexError:
        return -1


def _note(data: bytes, begin: i64, colon: i64, end: i64, lower: bytes, found: Fields) -> None:  # noqa: PLR0913, PLR0917 - where the line's parts are
    """Put the line from `begin` to `end` into `found` if its name is `lower`; no blanks around its value."""
    length: i64 = colon - begin
    for number in range(length):
        # Of the bytes that a token may have, two that differ in this bit alone are one letter in two cases.
        byte: i64 = data[begin + number]
        if byte | _LOWER_CASE != lower[number]:
            return
    name = data[begin:colon]
    start = colon + 1
    while start < end and data[start] == _BLANK:
        start += 1
    while start < end and data[end - 1] == _BLANK:
        end -= 1
    found.append((lower, name, data[start:end]))


#: Whether it pays to ask these functions.
IS_COMPILED: Final = not isinstance(_read_fields, FunctionType)
