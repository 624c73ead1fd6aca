"""What is wrong with a head that was refused: one sentence for its sender, which repeats nothing of it.

Nothing is decided here. The verdict has been passed, and this only looks for its first reason.
"""

from __future__ import annotations

import re
from typing import Final

from readylb.core.http1.syntax import is_token

#: Where no reason is found.
UNCLEAR: Final = "the request head is not valid"

_TLS_HANDSHAKE: Final = b"\x16\x03"
_STRAY = re.compile(rb"(?<!\r)(\n)|(\r)(?!\n|\Z)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def what_is_wrong(head: bytes) -> str:
    """Return the first reason why a head, whole or unfinished, is not valid.

    RFC 9112 §2.2 and §5, RFC 9110 §5.
    """
    if head.startswith(_TLS_HANDSHAKE):
        return "this looks like TLS, and plain HTTP is spoken here"
    stray = _STRAY.search(head)
    if stray is not None:
        if stray[1]:
            return "a line ends in a bare LF"
        return "there is a bare CR" if stray[2] else "there is a NUL or another control character"
    for line in head.split(b"\r\n")[1:]:
        wrong = _wrong_field(line)
        if wrong:
            return wrong
    return UNCLEAR


def _wrong_field(line: bytes) -> str:
    """Return what is wrong with one line behind the first, or an empty string."""
    if line[:1] in (b" ", b"\t"):
        return "a header field is folded over several lines"
    name, colon, _ = line.partition(b":")
    if not colon:
        # The empty line at the end, or one that is still under way.
        return "a header line has no colon" if b" " in name else ""
    if not name:
        return "a header field has no name"
    if name[-1:] in (b" ", b"\t"):
        return "there is a blank before the colon of a header field"
    return "" if is_token(name) else "the name of a header field holds a character that none may hold"
