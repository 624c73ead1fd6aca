"""A head as lines, and those of them that say something to this hop, picked out. The others are skipped.

This says nothing of whether a head is valid: what it returns means something only where the parser
accepts the same bytes, that is, where every line is a token, a colon right behind it, and a value,
ended by CRLF.

Splitting and looking at one byte of each line is several times cheaper than a pattern that would
find the same, for heads of any size.
"""

from __future__ import annotations

from typing import Final

from readylb.core.http1.exchange import Fields

# For each byte with which a line may begin, the names that begin so.
Names = list[tuple[bytes, ...]]


def _by_first_byte(*names: bytes) -> Names:
    found: list[list[bytes]] = [[] for _ in range(256)]
    for name in names:
        for first in (name[0], name.upper()[0]):
            found[first].append(name)
    return [tuple(beginning) for beginning in found]


OF_REQUESTS: Final = _by_first_byte(
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
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-scheme",
    b"x-forwarded-server",
    b"x-forwarded-ssl",
)
OF_RESPONSES: Final = _by_first_byte(
    b"connection",
    b"content-length",
    b"date",
    b"keep-alive",
    b"proxy-connection",
    b"te",
    b"transfer-encoding",
    b"upgrade",
)
#: What a whole head split at LF has beside the fields: the first line, the CR of the empty one, and nothing.
BESIDE_FIELDS: Final = 3
_COLON: Final = 58
_BLANK: Final = 32
_CR: Final = 13


def notable(lines: list[bytes], names: Names) -> Fields:
    """Return those lines of a whole head split at LF that matter, that is, which `names` names.

    As (name in lower case, name as received, value without the blanks around it).
    """
    found: Fields = []
    for number in range(1, len(lines) - 2):
        line = lines[number]
        last = len(line) - 1
        if last < 1 or line[last] != _CR:
            # Not a field, nor valid: whoever asks before the parser must not stumble.
            continue
        for lower in names[line[0]]:
            length = len(lower)
            if length < last and line[length] == _COLON:
                name = line[:length]
                if name.lower() == lower:
                    # One blank, as nearly all have it, is left out; whatever else there is costs a call.
                    value = line[length + 2 if line[length + 1] == _BLANK else length + 1 : -1]
                    if value and (value[0] <= _BLANK or value[-1] <= _BLANK):
                        value = value.strip(b" \t")
                    found.append((lower, name, value))
    return found
