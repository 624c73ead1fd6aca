"""The facts of one request and of its response, as framing found them.

Body framing is one plain integer: a length in bytes, or CHUNKED, or UNTIL_CLOSE.
"""

from __future__ import annotations

from typing import Final

# What we call ourselves in Via (RFC 9110 §7.6.3).
VIA_NAME: Final = b" readylb"
CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2

# The lines of a head that say something to this hop: name in lower case, name as received, value without
# the blanks around it.
Fields = list[tuple[bytes, bytes, bytes]]


class Request:
    """A request head that may be forwarded."""

    __slots__ = (
        "body",
        "expects_continue",
        "fields_at",
        "forwarding",
        "head",
        "hop_by_hop",
        "host",
        "keep_alive",
        "max_forwards",
        "method",
        "minor",
        "nominated",
        "plain",
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
        self.max_forwards = -1
        self.trailers_wanted = False
        self.upgrade = b""
        self.nominated: tuple[bytes, ...] = ()
        # Nothing needs to be cut or changed: Host is the only line that says something to this hop.
        self.plain = False
        # Names, as received, of lines that end here; and what was said about hops before this one.
        self.hop_by_hop: tuple[bytes, ...] = ()
        self.forwarding: tuple[tuple[bytes, bytes], ...] = ()


class Response:
    """A response head that may be forwarded."""

    __slots__ = (
        "body",
        "dated",
        "framing",
        "head",
        "hop_by_hop",
        "keep_alive",
        "minor",
        "nominated",
        "status",
        "upgrade",
    )

    def __init__(self, head: bytes, status: int, minor: int) -> None:
        """Describe `head`."""
        self.head = head
        self.status = status
        self.minor = minor
        self.body = 0
        self.keep_alive = minor == 1
        self.dated = False
        self.upgrade = b""
        self.nominated: tuple[bytes, ...] = ()
        # Names, as received, of lines that end here, and of those that frame the body.
        self.hop_by_hop: tuple[bytes, ...] = ()
        self.framing: tuple[bytes, ...] = ()
