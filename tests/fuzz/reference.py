"""HTTP/1.1 as the RFCs write it, read in one pass over bytes that are all there.

It knows nothing of the code under test and forgives nothing that two readers could understand
differently. What it accepts, readylb may still refuse; what it refuses, readylb must not forward.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELD = re.compile(rb"(%b):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*" % _TOKEN)
_REQUEST_LINE = re.compile(rb"(%b) ([\x21-\x7e]+) HTTP/1\.([01])" % _TOKEN)
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_QUOTED = rb'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"'
_CHUNK_LINE = re.compile(
    rb"([0-9A-Fa-f]+)(?:[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?)*[ \t]*" % (_TOKEN, _TOKEN, _QUOTED)
)
_AUTHORITY = re.compile(rb"[^/?#@\x00-\x20\x7f-\xff\"<>\\^`{|}]*")

Fields = list[tuple[bytes, bytes]]


class WrongError(Exception):
    """The bytes are not HTTP/1.1, or could be understood in two ways."""


class UnfinishedError(Exception):
    """More bytes were to come."""


@dataclass
class Message:
    """One message as it is meant. `minor` is that of its version; names of fields are lower case."""

    minor: int
    fields: Fields
    method: bytes = b""
    target: bytes = b""
    host: bytes | None = None
    status: int = 0
    body: bytes = b""
    trailers: Fields = field(default_factory=list)
    closes: bool = False
    raw: bytes = b""

    def values(self, name: bytes) -> list[bytes]:
        return [value for known, value in self.fields if known == name]

    def members(self, name: bytes) -> list[bytes]:
        return [member.strip(b" \t").lower() for value in self.values(name) for member in value.split(b",")]

    def end_to_end(self, without: frozenset[bytes]) -> Fields:
        """Return the fields an intermediary has to pass on, less those in `without`."""
        named = {*self.members(b"connection"), *without}
        return [(name, value) for name, value in self.fields if name not in named]


@dataclass
class Stream:
    """What a sequence of bytes means: whole messages, and how it ends after them."""

    messages: list[Message]
    wrong: str = ""
    unfinished: bool = False


def read_requests(data: bytes) -> Stream:
    """Read requests until the bytes end, are wrong, or follow a request that is the last by its own word."""
    stream = Stream([])
    position = 0
    while True:
        while data.startswith(b"\r\n", position):
            position += 2
        if position == len(data) or (stream.messages and stream.messages[-1].closes):
            return stream
        try:
            message, end = _request(data, position)
        except WrongError as wrong:
            stream.wrong = str(wrong)
            return stream
        except UnfinishedError:
            stream.unfinished = True
            return stream
        message.raw = data[position:end]
        stream.messages.append(message)
        position = end


def read_response(data: bytes, method: bytes, *, ended: bool) -> tuple[list[Message], int]:
    """Read interim responses and the final one; return them and where they end.

    Raises WrongError, or UnfinishedError. `ended`: the connection was closed in order behind `data`.
    """
    messages: list[Message] = []
    position = 0
    while not messages or messages[-1].status < 200:
        message, position = _response(data, position, method, ended=ended)
        messages.append(message)
    return messages, position


def _request(data: bytes, start: int) -> tuple[Message, int]:
    line, fields, position = _head(data, start)
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        msg = f"request line {line!r}"
        raise WrongError(msg)
    method, target, minor = match.group(1), match.group(2), int(match.group(3))
    message = Message(minor, fields, method, target)
    _aim(message)
    options = message.members(b"connection")
    message.closes = b"close" in options or (minor == 0 and b"keep-alive" not in options)
    if minor == 0 and message.values(b"transfer-encoding"):
        msg = "Transfer-Encoding in HTTP/1.0"
        raise WrongError(msg)
    chunked, length = _framing(message)
    if chunked:
        position = _chunked(message, data, position)
    else:
        position = _counted(message, data, position, length or 0)
    return message, position


def _aim(message: Message) -> None:
    """Settle host and target (RFC 9112 §3.2)."""
    hosts = message.values(b"host")
    if len(hosts) > 1 or (message.minor and not hosts):
        msg = f"{len(hosts)} Host fields"
        raise WrongError(msg)
    host = hosts[0] if hosts else None
    if host is not None and _AUTHORITY.fullmatch(host) is None:
        msg = f"Host {host!r}"
        raise WrongError(msg)
    target = message.target
    if target[:7].lower() == b"http://":
        authority, slash, path = target[7:].partition(b"/")
        if b"?" in authority:
            authority, slash, path = target[7:].partition(b"?")
            slash = b"/?"
        if not authority or _AUTHORITY.fullmatch(authority) is None:
            msg = f"target {target!r}"
            raise WrongError(msg)
        host = authority
        message.target = slash + path if slash else b"*" if message.method == b"OPTIONS" else b"/"
    elif target == b"*":
        if message.method != b"OPTIONS":
            msg = "the target *"
            raise WrongError(msg)
    elif not target.startswith(b"/") or b"#" in target:
        msg = f"target {target!r}"
        raise WrongError(msg)
    message.host = host


def _response(data: bytes, start: int, method: bytes, *, ended: bool) -> tuple[Message, int]:
    line, fields, position = _head(data, start)
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        msg = f"status line {line!r}"
        raise WrongError(msg)
    message = Message(int(match.group(1)), fields, status=int(match.group(2)))
    options = message.members(b"connection")
    message.closes = b"close" in options or (message.minor == 0 and b"keep-alive" not in options)
    chunked, length = _framing(message)
    if message.status == 101:
        msg = "101 that nobody asked for"
        raise WrongError(msg)
    if message.status < 200 or message.status in {204, 304} or method == b"HEAD":
        return message, position
    if chunked and message.minor == 0:
        msg = "Transfer-Encoding in HTTP/1.0"
        raise WrongError(msg)
    if chunked:
        return message, _chunked(message, data, position)
    if length is not None:
        return message, _counted(message, data, position, length)
    message.body = data[position:]
    message.closes = True
    if not ended:
        raise UnfinishedError
    return message, len(data)


def _head(data: bytes, start: int) -> tuple[bytes, Fields, int]:
    end = data.find(b"\r\n\r\n", start)
    if end < 0:
        if _hopeless(data[start:]):
            msg = "a head that cannot become one"
            raise WrongError(msg)
        raise UnfinishedError
    line, *rest = data[start:end].split(b"\r\n")
    return line, _fields(rest), end + 4


def _hopeless(head: bytes) -> bool:
    return re.search(rb"(?<!\r)\n|\r[^\n]|\x00", head) is not None


def _fields(lines: list[bytes]) -> Fields:
    fields = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            msg = f"field line {line!r}"
            raise WrongError(msg)
        fields.append((match.group(1).lower(), match.group(2)))
    return fields


def _framing(message: Message) -> tuple[bool, int | None]:
    """Return whether the body is chunked, and else its length where it says one."""
    codings, lengths = message.values(b"transfer-encoding"), message.values(b"content-length")
    if codings and lengths:
        msg = "both Transfer-Encoding and Content-Length"
        raise WrongError(msg)
    if codings:
        if len(codings) > 1 or codings[0].lower() != b"chunked":
            msg = f"Transfer-Encoding {codings!r}"
            raise WrongError(msg)
        return True, None
    if not lengths:
        return False, None
    if len(lengths) > 1 or re.fullmatch(rb"[0-9]+", lengths[0]) is None or int(lengths[0]) >= 2**63:
        msg = f"Content-Length {lengths!r}"
        raise WrongError(msg)
    return False, int(lengths[0])


def _counted(message: Message, data: bytes, position: int, length: int) -> int:
    message.body = data[position : position + length]
    if len(message.body) < length:
        raise UnfinishedError
    return position + length


def _chunked(message: Message, data: bytes, position: int) -> int:
    parts = []
    while True:
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            raise UnfinishedError
        match = _CHUNK_LINE.fullmatch(data, position, line_end)
        if match is None:
            msg = f"chunk line {data[position:line_end]!r}"
            raise WrongError(msg)
        size = int(match.group(1), 16)
        position = line_end + 2
        if size == 0:
            break
        parts.append(data[position : position + size])
        position += size
        if data[position : position + 2] != b"\r\n":
            if len(data) < position + 2:
                raise UnfinishedError
            msg = "chunk data without its CRLF"
            raise WrongError(msg)
        position += 2
    message.body = b"".join(parts)
    if data.startswith(b"\r\n", position):
        return position + 2
    end = data.find(b"\r\n\r\n", position)
    if end < 0:
        raise UnfinishedError
    message.trailers = _fields(data[position:end].split(b"\r\n"))
    return end + 4
