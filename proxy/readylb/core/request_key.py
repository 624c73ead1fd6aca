"""What makes two requests belong together, for policies that go by a key: read out of a head's bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

#: (head as received, target, client's address) -> key; empty where the request has none.
KeyReader = Callable[[bytes, bytes, str], bytes]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_COOKIES = re.compile(rb"\r\ncookie:([^\r\n]*)", re.IGNORECASE)


def read_hash_on(text: str) -> KeyReader:
    """Return the reader for `client-ip`, `header:NAME`, `cookie:NAME` or `uri`.

    Raises ValueError, whose text says what is wrong.
    """
    kind, colon, name = text.partition(":")
    if not colon and kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _NAMED and _TOKEN.fullmatch(name):
        return _NAMED[kind](name.encode())
    msg = "must be client-ip, header:NAME, cookie:NAME or uri"
    raise ValueError(msg)


def by_client(head: bytes, target: bytes, client: str) -> bytes:  # noqa: ARG001 - a KeyReader
    """Return the client's address as the key."""
    return client.encode()


def _by_uri(head: bytes, target: bytes, client: str) -> bytes:  # noqa: ARG001 - a KeyReader
    return target


def _by_header(name: bytes) -> KeyReader:
    # A header may stand on several lines; all of them together are its value (RFC 9110 §5.3).
    lines = re.compile(rb"\r\n" + re.escape(name) + rb":[ \t]*([^\r\n]*)", re.IGNORECASE)

    def key(head: bytes, target: bytes, client: str) -> bytes:  # noqa: ARG001 - a KeyReader
        return b",".join(value.rstrip(b" \t") for value in lines.findall(head))

    return key


def _by_cookie(name: bytes) -> KeyReader:
    # Names of cookies are case-sensitive (RFC 6265 §5.3); the first of several counts.
    pair = re.compile(rb"(?:^|;)[ \t]*" + re.escape(name) + rb"=([^;]*)")

    def key(head: bytes, target: bytes, client: str) -> bytes:  # noqa: ARG001 - a KeyReader
        for line in _COOKIES.findall(head):
            found = pair.search(line)
            if found is not None:
                return bytes(found[1].strip(b' \t"'))
        return b""

    return key


_PLAIN: dict[str, KeyReader] = {"client-ip": by_client, "uri": _by_uri}
_NAMED: dict[str, Callable[[bytes], KeyReader]] = {"header": _by_header, "cookie": _by_cookie}
