"""Damage: one to three seeded changes to bytes, of the kinds that parsers disagree about."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_MORSELS = (
    *(bytes((value,)) for value in (*range(33), 0x7F, 0x80, 0x85, 0xA0, 0xFF)),
    b"\r\n", b"\n\n", b"\r\r\n", b"\r\n\r\n", b"\r\n ", b"\r\n\t", b" :", b": ", b",", b";", b'"', b"\\",
    b"#", b"%", b"%0a", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer_Encoding: chunked\r\n", b"Transfer-Encoding\t: chunked\r\n", b"Content-Length: 0\r\n",
    b"Content-Length: 5\r\n", b"Content-Length: 5, 5\r\n", b"Content-Length: +5\r\n",
    b"Content-Length:\r\n", b"Content-Length: 0x5\r\n", b"Content-Length: 18446744073709551616\r\n",
    b"Content-Length: 5 5\r\n", b"content-length : 5\r\n", b"Content-Length: \xb2\r\n",
    b"Host: other\r\n", b"Host: a@b\r\n", b"Host:\r\n", b"Connection: close\r\n",
    b"Connection: Content-Length\r\n", b"Connection: Transfer-Encoding, Host\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n", b"Expect: 100-continue\r\n",
    b"Trailer: Content-Length\r\n", b"HTTP/1.1", b"HTTP/2.0", b"HTTP/1.10", b"0\r\n\r\n",
    b"5\r\nhello\r\n", b"-1\r\n", b"0x5\r\n", b"5_0\r\n", b"fffffffffffffffff\r\n", b" 5\r\n",
    b"5 5\r\n", b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n", b"X" * 9000, b"A: b\r\n" * 120,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)  # fmt: skip
_NUMBER = re.compile(rb"[0-9A-Fa-f]+(?=\r\n)")


def damage(rng: Random, data: bytes) -> bytes:
    """Return `data` with one to three changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(_CHANGES)(rng, data)
    return data


def _place(rng: Random, data: bytes) -> int:
    """Choose a position, mostly in a head or at the end of a line."""
    kind = rng.random()
    if kind < 0.4:
        ends = [match.start() for match in re.finditer(rb"\r\n|[ :;,/]", data)]
        if ends:
            return min(len(data), rng.choice(ends) + rng.randint(0, 2))
    if kind < 0.7:
        return rng.randint(0, min(len(data), data.find(b"\r\n\r\n") % (len(data) + 1) + 4))
    return rng.randint(0, len(data))


def _insert(rng: Random, data: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + rng.choice(_MORSELS) + data[place:]


def _insert_line(rng: Random, data: bytes) -> bytes:
    """Put a whole line where lines begin."""
    starts = [match.end() for match in re.finditer(rb"\r\n", data)]
    place = rng.choice(starts) if starts else 0
    lines = [morsel for morsel in _MORSELS if morsel.endswith(b"\r\n") and len(morsel) > 2]
    return data[:place] + rng.choice(lines) + data[place:]


def _replace(rng: Random, data: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + rng.choice(_MORSELS) + data[place + 1 :]


def _delete(rng: Random, data: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + data[place + rng.choice((1, 1, 2, 10)) :]


def _flip(rng: Random, data: bytes) -> bytes:
    if not data:
        return data
    place = min(_place(rng, data), len(data) - 1)
    return data[:place] + bytes((data[place] ^ 1 << rng.randrange(8),)) + data[place + 1 :]


def _double(rng: Random, data: bytes) -> bytes:
    start = _place(rng, data)
    end = min(len(data), start + rng.choice((1, 2, 10, 60)))
    return data[:end] + data[start:end] + data[end:]


def _double_line(rng: Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    place = rng.randrange(len(lines))
    return b"\r\n".join((*lines[:place], lines[place], *lines[place:]))


def _swap_lines(rng: Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


def _miscount(rng: Random, data: bytes) -> bytes:
    numbers = list(_NUMBER.finditer(data))
    if not numbers:
        return data
    found = rng.choice(numbers)
    value = int(found.group(), 16)
    wrong = rng.choice((value + 1, value - 1, value * 16, value + 2**32, value + 2**64, 0, 1))
    return data[: found.start()] + rng.choice((b"%d", b"%x")) % wrong + data[found.end() :]


def _truncate(rng: Random, data: bytes) -> bytes:
    return data[: _place(rng, data)]


def _change_case(rng: Random, data: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + data[place : place + 12].swapcase() + data[place + 12 :]


_CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _insert, _insert, _insert_line, _insert_line, _replace, _delete, _flip, _double, _double_line,
    _swap_lines, _miscount, _miscount, _truncate, _change_case,
)  # fmt: skip
