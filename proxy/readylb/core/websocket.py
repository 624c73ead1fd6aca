"""Where a WebSocket frame ends (RFC 6455 §5.2), so that a Close can be put between two of them.

A control frame may stand between any two frames, fragments of one message included (§5.4).
"""

from __future__ import annotations

_CLOSE_OPCODE = 8
_SHORT = 2
_LENGTH_16 = 126
_LENGTH_64 = 127
_MASK_BYTES = 4

#: Close with status 1001, "going away" (RFC 6455 §7.4.1), unmasked as a server's are (§5.1).
GOING_AWAY = b"\x88\x02\x03\xe9"


class Frames:
    """Follows one direction of a connection; sees heads and skips over what they announce."""

    __slots__ = ("_head", "_left", "closed")

    def __init__(self) -> None:
        """Stand before the first frame."""
        self._head = b""
        self._left = 0
        #: A Close has begun to go by: nothing may follow it (§5.5.1).
        self.closed = False

    @property
    def between(self) -> bool:
        """Say whether the last byte seen was the last one of a frame."""
        return self._left == 0 and not self._head

    def feed(self, data: bytes) -> int:
        """Follow `data`; return up to where in it whole frames go, 0 if none ends in it."""
        at = self._left
        whole = at if 0 < at <= len(data) else 0
        while at < len(data) and not self.closed:
            start = at - len(self._head)
            head = self._head + data[at : at + 14 - len(self._head)]
            size = _head_size(head)
            if size > len(head):
                self._head = head
                self._left = 0
                return whole
            self._head = b""
            self.closed = head[0] & 0x0F == _CLOSE_OPCODE
            at = start + size + _payload(head)
            if at <= len(data):
                whole = at
        self._left = max(0, at - len(data))
        return whole


def _head_size(head: bytes) -> int:
    """Return how long a frame's head is, or, while that is not known, more than there is of it."""
    if len(head) < _SHORT:
        return _SHORT
    length = head[1] & 0x7F
    extra = 2 if length == _LENGTH_16 else 8 if length == _LENGTH_64 else 0
    return _SHORT + extra + (_MASK_BYTES if head[1] & 0x80 else 0)


def _payload(head: bytes) -> int:
    length = head[1] & 0x7F
    if length == _LENGTH_16:
        return int.from_bytes(head[2:4], "big")
    return int.from_bytes(head[2:10], "big") if length == _LENGTH_64 else length
