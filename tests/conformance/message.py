"""Reads HTTP/1.1 messages as strictly as RFC 9112 is written, knowing nothing of the code under test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELD = re.compile(
    rb"(%b):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*" % _TOKEN
)
_REQUEST_LINE = re.compile(rb"%b [\x21-\x7e]+ HTTP/1\.[01]" % _TOKEN)
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9]) [\t\x20-\x7e\x80-\xff]*")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\Z")
_BODYLESS = (204, 304)


class MalformedError(Exception):
    """What was read is not HTTP/1.1."""


@dataclass(slots=True)
class Message:
    """One message, whole or as far as it has come."""

    head: bytes
    line: bytes
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""
    trailers: bytes = b""
    whole: bool = False
    until_close: bool = False
    end: int = 0
    names: frozenset[bytes] = field(default=frozenset())

    @property
    def status(self) -> int:
        return int(self.line[9:12])

    def values(self, name: bytes) -> list[bytes]:
        return [value for known, value in self.fields if known.lower() == name]

    def members(self, name: bytes) -> list[bytes]:
        return [m for value in self.values(name) for part in value.split(b",") if (m := part.strip().lower())]

    def has(self, line: bytes) -> bool:
        """Say whether there is a field of this name, or of this name and value where given."""
        name, colon, value = line.partition(b":")
        values = self.values(name.lower())
        return value.strip() in values if colon else bool(values)


def read_request(data: bytes) -> Message | None:
    """Read one request at the start of `data`; None: its head has not come. Raises MalformedError."""
    message = _read_head(data)
    if message is None:
        return None
    if _REQUEST_LINE.fullmatch(message.line) is None:
        msg = f"request line {message.line!r}"
        raise MalformedError(msg)
    _read_body(message, data, default=0)
    return message


def read_response(data: bytes, method: bytes, *, ended: bool) -> Message | None:
    """Read one response to `method`; `ended`: the connection was closed behind `data`."""
    message = _read_head(data)
    if message is None:
        return None
    if _STATUS_LINE.fullmatch(message.line) is None:
        msg = f"status line {message.line!r}"
        raise MalformedError(msg)
    if message.status < 200 or message.status in _BODYLESS or method == b"HEAD":
        message.whole = True
        return message
    _read_body(message, data, default=None)
    if message.until_close:
        message.whole = ended
    return message


def _read_head(data: bytes) -> Message | None:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    line, *rest = data[:end].split(b"\r\n")
    fields = []
    for text in rest:
        match = _FIELD.fullmatch(text)
        if match is None:
            msg = f"field line {text!r}"
            raise MalformedError(msg)
        fields.append((match.group(1), match.group(2)))
    return Message(data[: end + 4], line, fields, end=end + 4)


def _read_body(message: Message, data: bytes, *, default: int | None) -> None:
    codings = message.values(b"transfer-encoding")
    lengths = message.values(b"content-length")
    if codings and lengths:
        msg = "Transfer-Encoding beside Content-Length"
        raise MalformedError(msg)
    if codings:
        if [coding.lower() for coding in codings] != [b"chunked"]:
            msg = f"Transfer-Encoding {codings!r}"
            raise MalformedError(msg)
        _read_chunks(message, data)
        return
    if lengths:
        if len(lengths) > 1 or not lengths[0].isdigit():
            msg = f"Content-Length {lengths!r}"
            raise MalformedError(msg)
        _read_length(message, data, int(lengths[0]))
    elif default is None:
        message.until_close = True
        message.body = data[message.end :]
        message.end = len(data)
    else:
        _read_length(message, data, default)


def _read_length(message: Message, data: bytes, length: int) -> None:
    message.body = data[message.end : message.end + length]
    message.whole = len(message.body) == length
    message.end += len(message.body)


def _read_chunks(message: Message, data: bytes) -> None:
    position = message.end
    parts = []
    while True:
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            break
        match = _CHUNK_LINE.match(data[position:line_end])
        if match is None:
            msg = f"chunk line {data[position:line_end]!r}"
            raise MalformedError(msg)
        size = int(match.group(1), 16)
        if size == 0:
            _read_trailers(message, data, line_end + 2)
            break
        start = line_end + 2
        parts.append(data[start : start + size])
        if len(data) < start + size + 2:
            break
        if data[start + size : start + size + 2] != b"\r\n":
            msg = "chunk data without its CRLF"
            raise MalformedError(msg)
        position = start + size + 2
    message.body = b"".join(parts)
    if not message.whole:
        message.end = len(data)


def _read_trailers(message: Message, data: bytes, position: int) -> None:
    start = position
    while True:
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            return
        if line_end == position:
            break
        if _FIELD.fullmatch(data[position:line_end]) is None:
            msg = f"trailer line {data[position:line_end]!r}"
            raise MalformedError(msg)
        position = line_end + 2
    message.trailers = data[start:position]
    message.whole = True
    message.end = position + 2
