"""A head as lines, and those of them that say something to this hop, picked out. The others are skipped.

This says nothing of whether a head is valid: what it returns means something only where the parser
accepts the same bytes, that is, where every line is a token, a colon right behind it, and a value,
ended by CRLF.

Splitting and looking at one byte of each line is several times cheaper than a pattern that would
find the same, for heads of any size.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from readylb.core.http1.exchange import Fields

OF_REQUESTS: Final = frozenset(
    (
        b"connection",
        b"content-length",
        b"expect",
        b"forwarded",
        b"host",
        b"keep-alive",
        b"max-forwards",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
    )
)
OF_RESPONSES: Final = frozenset(
    (
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    )
)
#: What `split` returns beside the fields: the first line, the CR of the empty one, and nothing behind it.
BESIDE_FIELDS: Final = 3
_COLON: Final = 58

# For each byte with which a line may begin, the names that begin so.
_Names = list[tuple[bytes, ...]]


def _by_first_byte(names: Iterable[bytes]) -> _Names:
    found: list[list[bytes]] = [[] for _ in range(256)]
    for name in sorted(names):
        for first in (name[0], name.upper()[0]):
            found[first].append(name)
    return [tuple(beginning) for beginning in found]


_OF_REQUESTS: Final = _by_first_byte(OF_REQUESTS)
_OF_RESPONSES: Final = _by_first_byte(OF_RESPONSES)


def split(head: bytes) -> list[bytes]:
    """Return the lines of a whole head, without LF and with CR; see `BESIDE_FIELDS`."""
    return head.split(b"\n")


def notable_of_request(lines: list[bytes]) -> Fields:
    """Return the lines of a request head that matter, as (name in lower case, name as received, value)."""
    return _notable(lines, _OF_REQUESTS)


def notable_of_response(lines: list[bytes]) -> Fields:
    """Return the lines of a response head that matter, as (name in lower case, name as received, value)."""
    return _notable(lines, _OF_RESPONSES)


def _notable(lines: list[bytes], names: _Names) -> Fields:
    found: Fields = []
    for number in range(1, len(lines) - 2):
        line = lines[number]
        for lower in names[line[0]]:
            length = len(lower)
            if length < len(line) and line[length] == _COLON:
                name = line[:length]
                if name.lower() == lower:
                    found.append((lower, name, line[length + 1 : -1].strip(b" \t")))
    return found
