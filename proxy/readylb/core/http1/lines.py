"""A head as lines, and those of them that say something to this hop. The others are not looked at.

This runs before the parser has judged the head, so what it returns means something only once the
parser has accepted: that every line is a token, a colon right behind it, and a value, ended by CRLF.
"""

from __future__ import annotations

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
_LETTERS = {name[0] for name in OF_REQUESTS | OF_RESPONSES}
# By the first byte of a line, in either case: 1 where it may be one of these names.
_MAYBE: Final = bytes(int(byte | 32 in _LETTERS) for byte in range(256))
_EMPTY: Final = b"\r"


def split_head(data: bytes, most: int) -> tuple[list[bytes], int]:
    """Return the lines of the head with which `data` begins, each up to its CR, and where it ends.

    The end, behind the empty line, is -1 if it has not come or is not among the first `most` lines;
    the list is longer than `most` only in the second case.
    """
    lines = data.split(b"\n", most)
    try:
        # What is behind the last LF is no line yet.
        last = lines.index(_EMPTY, 0, len(lines) - 1)
    except ValueError:
        return lines, -1
    if last == len(lines) - 2 and not lines[last + 1]:
        end = len(data)
    else:
        end = last + 1
        for line in lines[: last + 1]:
            end += len(line)
    del lines[last:]
    return lines, end


def notable(lines: list[bytes], names: frozenset[bytes]) -> Fields:
    """Return those of a head's lines that are in `names`, as (name as received, value)."""
    found: Fields = []
    for line in lines:
        if line and _MAYBE[line[0]]:
            name, _, value = line.partition(b":")
            if name.lower() in names:
                found.append((name, value.strip(b" \t\r")))
    return found
