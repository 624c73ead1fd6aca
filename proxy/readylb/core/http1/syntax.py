"""The grammar of heads where the parser is lenient: request lines, targets, Host, unfinished heads.

Character rules of field lines (tokens, no folds, no NUL, no bare CR or LF) are the parser's, which
runs in its strict mode; what is here is what it accepts and an intermediary must not.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Final

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# For each byte, itself or NUL: never seen in a target are controls, blanks, bytes above ASCII, delimiters
# of RFC 3986 appendix C, a fragment.
IN_TARGET: Final = bytes(byte if 0x21 <= byte < 0x7F and byte not in b'"#<>' else 0 for byte in range(256))  # noqa: PLR2004 - ASCII
_TOKEN: Final = re.compile(TOKEN)
# With the CR behind it.
VERSION: Final = re.compile(rb"HTTP/[0-9]\.[0-9]\r")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?\r")
EMPTY_LINES = re.compile(rb"(?:\r\n)+")
# What was asked before, and the answer. Plain dicts, which compiled code reads in no time.
_STATUS_LINES: Final[dict[bytes, tuple[int, int]]] = {}
_AUTHORITIES: Final[dict[bytes, bool]] = {}
_MOST_REMEMBERED: Final = 128
# Longest Content-Length in digits; what has more would not fit 63 bits everywhere.
_LENGTH_DIGITS: Final = 18


# Without the comma that RFC 3986 allows: two Host lines that somebody joined look so.
_REG_NAME = rb"(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+"
_BRACKET: Final = 91
_ZERO: Final = 48
_NINE: Final = 9
_IP_LITERAL = rb"\[(?:[0-9A-Fa-f:.]{2,}|v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+)\]"
AUTHORITY = re.compile(rb"(?:%b|%b)(?::[0-9]{0,5})?" % (_REG_NAME, _IP_LITERAL))
ABSOLUTE = re.compile(rb"[Hh][Tt][Tt][Pp]://([^/?]*)(.*)", re.DOTALL)

# %XX that is not two hexadecimal digits, in a path.
_BAD_ESCAPE = re.compile(rb"[^?]*?%(?![0-9A-Fa-f]{2})")
# Bytes that no head holds; CR, LF and HTAB are judged where they stand.
_CONTROLS = bytes((*range(9), 11, 12, *range(14, 32), 127))
_CODING = re.compile(
    rb"(\n[Tt][Rr][Aa][Nn][Ss][Ff][Ee][Rr]-[Ee][Nn][Cc][Oo][Dd][Ii][Nn][Gg]:)[ \t]*([^\r \t]+)[ \t]*\r"
)
_HTTP_LINE = re.compile(rb"[^ ]+ [^ ]+ HTTP/[0-9]\.[0-9]")


def is_token(value: bytes) -> bool:
    """Say whether `value` is a token (RFC 9110 §5.6.2)."""
    # Asked of methods, most of all.
    return value in (b"GET", b"POST", b"HEAD") or _TOKEN.fullmatch(value) is not None


def is_target(value: bytes) -> bool:
    """Say whether `value` has the characters of a request target, and at least one."""
    # Translating, what may not be there into NUL, costs half of a match.
    return bool(value) and 0 not in value.translate(IN_TARGET)


def read_number(value: bytes) -> int:
    """Return a whole number written in digits alone; -1: it is none, or one of more than 18 digits.

    Zeros in front say nothing, however many they are (RFC 9110 §8.6: 1*DIGIT).
    """
    if not 0 < len(value) <= _LENGTH_DIGITS:
        value = value[:-1].lstrip(b"0") + value[-1:]
        if not 0 < len(value) <= _LENGTH_DIGITS:
            return -1
    number = 0
    for at in range(len(value)):
        digit = value[at] - _ZERO
        if not 0 <= digit <= _NINE:
            return -1
        number = number * 10 + digit
    return number


def read_status_line(line: bytes) -> tuple[int, int]:
    """Return the minor version and the status of a line with its CR; status 0: it is not valid (RFC 9112 §4).

    Remembered, because endpoints have few of them.
    """
    known = _STATUS_LINES.get(line)
    if known is None:
        found = _STATUS_LINE.fullmatch(line)
        known = (0, 0) if found is None else (int(found.group(1)), int(found.group(2)))
        if len(_STATUS_LINES) >= _MOST_REMEMBERED:
            _STATUS_LINES.clear()
        _STATUS_LINES[line] = known
    return known


def is_authority(value: bytes) -> bool:
    """Say whether `value` is a non-empty `uri-host [":" port]` (RFC 9110 §7.2, §4.2.1).

    Remembered, because the clients of a Service name few hosts.
    """
    known = _AUTHORITIES.get(value)
    if known is None:
        known = AUTHORITY.fullmatch(value) is not None and (
            value[0] != _BRACKET or _is_ip_literal(value[1 : value.rindex(b"]")])
        )
        if len(_AUTHORITIES) >= _MOST_REMEMBERED:
            _AUTHORITIES.clear()
        _AUTHORITIES[value] = known
    return known


def _is_ip_literal(literal: bytes) -> bool:
    """Say whether what stands in brackets is an address: IPv6, or of a future kind (RFC 3986 §3.2.2)."""
    if literal[:1] == b"v":
        return True
    try:
        IPv6Address(literal.decode())
    except ValueError:
        return False
    return True


def has_bad_escape(target: bytes) -> bool:
    """Say whether the path of `target` holds a `%` without two hexadecimal digits (RFC 3986 §2.1)."""
    return _BAD_ESCAPE.match(target) is not None


def is_broken(unfinished: bytes) -> bool:
    """Say whether a head of which only `unfinished` has come is bad already (RFC 9112 §2.2, §5.2).

    Without this a head that ends its lines with bare LF would wait for the head timeout. Counting is
    several times faster than a pattern, which matters where a large head comes in drops.
    """
    ends = unfinished.count(b"\r\n")
    return (
        unfinished.count(b"\n") != ends
        or unfinished.count(b"\r") - unfinished.endswith(b"\r") != ends
        or b"\r\n " in unfinished
        or b"\r\n\t" in unfinished
        or len(unfinished.translate(None, _CONTROLS)) != len(unfinished)
    )


def with_blanks_for_tabs(head: bytes) -> bytes:
    """Return `head` with one blank for each run of white space around the value of Transfer-Encoding.

    Tabs are allowed there (RFC 9112 §5.1: OWS), but the parser knows blanks alone.
    """
    return _CODING.sub(rb"\1 \2\r", head)


def looks_like_http(line: bytes) -> bool:
    """Say whether a refused request line had the shape of one with a version."""
    return _HTTP_LINE.match(line) is not None


def tokens(value: bytes) -> list[bytes]:
    """Return the lower-case members of a comma-separated list of tokens (RFC 9110 §5.6.1)."""
    return [member for part in value.lower().split(b",") if (member := part.strip(b" \t"))]
