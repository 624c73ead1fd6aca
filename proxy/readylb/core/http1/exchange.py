"""The facts of one request and of its response, as framing found them.

Body framing is one plain integer: a length in bytes, or CHUNKED, or UNTIL_CLOSE.
"""

from __future__ import annotations

CHUNKED = -1
UNTIL_CLOSE = -2

# A field that says something to this hop: lower-case name, name as received, value.
Field = tuple[bytes, bytes, bytes]


class Request:
    """A request head that may be forwarded."""

    __slots__ = (
        "body",
        "expects_continue",
        "fields_at",
        "head",
        "host",
        "keep_alive",
        "method",
        "minor",
        "nominated",
        "notable",
        "rewritten_target",
        "target",
        "trailers_wanted",
        "upgrade",
    )

    def __init__(self, head: bytes, method: bytes, target: bytes, minor: int, fields_at: int) -> None:
        """Describe `head`, whose field lines begin at `fields_at`."""
        self.head = head
        self.method = method
        self.target = target
        self.minor = minor
        self.fields_at = fields_at
        self.rewritten_target = False
        self.host = b""
        self.body = 0
        self.keep_alive = minor == 1
        self.expects_continue = False
        self.trailers_wanted = False
        self.upgrade = b""
        self.nominated: tuple[bytes, ...] = ()
        self.notable: list[Field] = []


class Response:
    """A response head that may be forwarded."""

    __slots__ = (
        "body",
        "dated",
        "fields_at",
        "head",
        "keep_alive",
        "minor",
        "nominated",
        "notable",
        "status",
        "upgrade",
    )

    def __init__(self, head: bytes, status: int, minor: int, fields_at: int) -> None:
        """Describe `head`, whose field lines begin at `fields_at`."""
        self.head = head
        self.status = status
        self.minor = minor
        self.fields_at = fields_at
        self.body = 0
        self.keep_alive = minor == 1
        self.dated = False
        self.upgrade = b""
        self.nominated: tuple[bytes, ...] = ()
        self.notable: list[Field] = []
