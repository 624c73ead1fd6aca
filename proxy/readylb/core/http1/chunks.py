"""The chunked coding, followed byte by byte so that it can be passed on as it was received.

Stricter than RFC 9112 §7.1 in nothing, more lenient in nothing: sizes are hexadecimal digits alone,
extensions are `BWS ";" BWS name [BWS "=" BWS value]` and bounded in length, every line ends in CRLF.
"""

from __future__ import annotations

import re
from typing import Final

from readylb.core.http1.syntax import TOKEN, is_broken

# Bounds nobody meets by accident. A chunk line: nginx and llhttp do not bound extensions, HAProxy
# cuts at its buffer of 16 KiB. A size: 15 digits hold 2**60 bytes. Trailers: as a small head.
LINE_BYTES = 4096
TRAILER_BYTES = 16384

_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (TOKEN, TOKEN, _QUOTED)
# Zeros in front say nothing, however many they are (RFC 9112 §7.1: 1*HEXDIG).
_DIGITS: Final = rb"0*+[1-9A-Fa-f][0-9A-Fa-f]{0,14}|0++"
_SIZE_LINE: Final = re.compile(rb"(%b)(?:%b)*\r\n" % (_DIGITS, _EXTENSION))
_PLAIN_LINE: Final = re.compile(rb"(%b)\r\n" % _DIGITS)
_TRAILERS = re.compile(rb"(?:%b:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n" % TOKEN)
_UNFINISHED_SIZE = re.compile(rb"(?:%b)(?:[ \t;][\t\x20-\x7e\x80-\xff]*)?\r?\Z|\Z" % _DIGITS)

_SIZE: Final = 0
_DATA: Final = 1
_DATA_END: Final = 2


class ChunkError(Exception):
    """The coding is broken; what was settled before may have been forwarded, nothing after.

    `status` is for who sent it as a request.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        """Say what is wrong, in one line."""
        super().__init__(message)
        self.status = status


class ChunkScanner:
    """Follows one chunked body.

    After `done`, `trailers` holds the trailer lines, if any, and `last_chunk_at` says where in the
    data last scanned the last chunk began. `announced` is the size of all chunks so far, in bytes.
    """

    __slots__ = (
        "_left",
        "_line_bytes",
        "_state",
        "_trailer_bytes",
        "announced",
        "done",
        "last_chunk_at",
        "sink",
        "trailers",
    )

    def __init__(
        self, *, decode: bool = False, line_bytes: int = LINE_BYTES, trailer_bytes: int = TRAILER_BYTES
    ) -> None:
        """Await the first chunk. With `decode`, chunk data is also collected in `sink`."""
        self._state = _SIZE
        self._left = 0
        self._line_bytes = line_bytes
        self._trailer_bytes = trailer_bytes
        self.announced = 0
        self.done = False
        self.trailers = b""
        self.last_chunk_at = 0
        self.sink: list[bytes] | None = [] if decode else None

    def scan(self, data: bytes, position: int) -> int:
        """Follow `data` from `position`; return where the settled part ends.

        What lies behind is part of a line and must come again with more behind it. Once `done`, the
        settled part ends behind the last chunk and its trailers. Raises ChunkError.
        """
        size = len(data)
        while position < size and not self.done:
            if self._state == _DATA:
                end = min(position + self._left, size)
                if self.sink is not None:
                    self.sink.append(data[position:end])
                self._left -= end - position
                position = end
                if self._left == 0:
                    self._state = _DATA_END
            elif self._state == _DATA_END:
                after = self._data_end(data, position)
                if after == position:
                    return position
                position = after
            else:
                after = self._size_line(data, position)
                if after == position:
                    return position
                position = after
        return position

    def _data_end(self, data: bytes, position: int) -> int:
        if data.startswith(b"\r\n", position):
            self._state = _SIZE
            return position + 2
        if len(data) - position == 1 and data[position] == 13:  # noqa: PLR2004 - CR
            return position
        message = "a chunk is longer than its size says"
        raise ChunkError(message)

    def _size_line(self, data: bytes, position: int) -> int:
        line = _PLAIN_LINE.match(data, position) or _SIZE_LINE.match(data, position)
        if line is None:
            _demand_unfinished_size(data, position, self._line_bytes)
            return position
        if line.end() - position > self._line_bytes:
            message = "a chunk extension is too long"
            raise ChunkError(message)
        self._left = int(line.group(1), 16)
        if self._left:
            self.announced += self._left
            self._state = _DATA
            return line.end()
        self.last_chunk_at = position
        after = self._trailer_lines(data, line.end())
        if after == line.end():
            # The last chunk is settled together with its trailers, so that they can be filtered.
            return position
        return after

    def _trailer_lines(self, data: bytes, position: int) -> int:
        if data.startswith(b"\r\n", position):
            self.done = True
            return position + 2
        end = data.find(b"\r\n\r\n", position)
        if end < 0:
            self._demand_short(len(data) - position)
            if is_broken(data[position:]):
                message = "the trailer section is not valid"
                raise ChunkError(message)
            return position
        end += 4
        self._demand_short(end - position)
        if _TRAILERS.fullmatch(data, position, end) is None:
            message = "the trailer section is not valid"
            raise ChunkError(message)
        self.trailers = data[position : end - 2]
        self.done = True
        return end

    def _demand_short(self, trailers: int) -> None:
        if trailers > self._trailer_bytes:
            message = "the trailer section is too long"
            raise ChunkError(message, 431)


def _demand_unfinished_size(data: bytes, position: int, line_bytes: int) -> None:
    """Raise unless what lies at `position` may still become a chunk-size line."""
    rest = data[position : position + line_bytes + 1]
    if len(rest) > line_bytes:
        message = "a chunk size, or what is behind it, is too long"
    elif _UNFINISHED_SIZE.match(rest) is not None:
        return
    elif rest.find(b"\n") >= 0 and b"\r\n" not in rest:
        message = "a chunk size ends in a bare LF"
    else:
        message = "a chunk size or extension is not valid"
    raise ChunkError(message)
