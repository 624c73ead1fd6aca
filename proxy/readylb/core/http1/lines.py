"""The lines of a head that say something to this hop, picked out by patterns. The others are skipped.

This says nothing of whether a head is valid: what it returns means something only where the parser
accepts the same bytes, that is, where every line is a token, a colon right behind it, and a value,
ended by CRLF.
"""

from __future__ import annotations

import re
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
# Looked for apart: nearly every response has one, and all that matters is whether it does.
_DATE: Final = b"date"
# A method other than CONNECT, a target in origin-form, a version that is spoken here.
_REQUEST_LINE: Final = rb"(?!CONNECT )([!#$%&'*+\-.^_`|~0-9A-Za-z]++) (/[!$-;=?-~]*+) HTTP/1\.([01])\r\n"
_FIELD: Final = rb"([^:\r\n]++):[ \t]*+([^\r\n]*+)\r\n"


def _by_letter(names: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return what follows each first letter in `names`, as a pattern."""
    found: dict[bytes, list[bytes]] = {}
    for name in sorted(names):
        found.setdefault(name[:1], []).append(re.escape(name[1:]))
    return {letter: b"(?:%b):" % b"|".join(rests) for letter, rests in found.items()}


def _others(names: Iterable[bytes]) -> bytes:
    """Return the pattern of any number of lines that are not in `names`, none of them empty.

    Nearly all are told by their first letter. Nothing here is ever tried twice, so it takes linear time.
    """
    rests = _by_letter(names)
    maybe = b"|".join(b"%b(?!%b)" % item for item in rests.items())
    return rb"(?:(?i:[^\r\n%b]|%b).*+\n)*+" % (b"".join(rests), maybe)


def _of(names: Iterable[bytes]) -> re.Pattern[bytes]:
    """Return the pattern of one line that is in `names`."""
    rests = _by_letter(names)
    letters = b"".join(rests)
    one = b"|".join(letter + rest[:-1] for letter, rest in rests.items())
    return re.compile(rb"\n(?=[%b%b])((?i:%b)):[ \t]*([^\r\n]*)" % (letters, letters.upper(), one))


_OTHERS: Final = _others(OF_REQUESTS)
#: The head of a request in origin-form with at most three lines that matter. Groups: method, target,
#: minor version; name and value of each of the three; the end of the head, unless something else follows.
REQUEST_HEAD: Final = re.compile(
    rb"%b%b(?:%b%b(?:%b%b(?:%b%b)?)?)?(\r\n)?" % (_REQUEST_LINE, _OTHERS, *(_FIELD, _OTHERS) * 3)
)
_OF_REQUESTS: Final = _of(OF_REQUESTS)
_OF_RESPONSES: Final = _of(OF_RESPONSES - {_DATE})
_DATED: Final = _of((_DATE,))


def notable_of_request(head: bytes) -> Fields:
    """Return the lines of a request head that matter, as (name as received, value)."""
    return _OF_REQUESTS.findall(head)


def notable_of_response(head: bytes) -> Fields:
    """Return the lines of a response head that matter, except Date, as (name as received, value)."""
    return _OF_RESPONSES.findall(head)


def is_dated(head: bytes) -> bool:
    """Say whether a response head has a Date."""
    return _DATED.search(head) is not None
