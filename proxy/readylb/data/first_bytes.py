"""What the first bytes of a connection say: HTTP/1 is served as HTTP, anything else byte for byte."""

from __future__ import annotations

import re

_REQUEST = re.compile(rb"(?:\r\n)*(?:[A-Z]{3,20} (?:/|\*[ \r\n]|https?://)|CONNECT )")
# The beginning of one, as far as it goes: part of a method, or a method and part of an odd target.
_MAYBE = re.compile(rb"(?:\r\n)*(?:\r|[A-Z]{0,20}|[A-Z]{3,20} [!-~]*[ !-~]*)\Z")
# HTTP/2 begins like a request of HTTP/1 that nobody makes (RFC 9113 §3.4).
_PREFACE = b"PRI * HTTP/2.0"
# A first line that has not ended by then is no request line.
_LINE_BYTES = 8192


def looks_like_http(first: bytes) -> bool | None:
    """Say whether `first` begins an HTTP/1 request; None: too short to tell.

    What has a version of HTTP in its first line was meant as HTTP, however wrong: it is refused there.
    """
    if first.startswith(_PREFACE):
        return False
    if _PREFACE.startswith(first):
        return None
    if _REQUEST.match(first):
        return True
    line, end, _ = first.lstrip(b"\r\n").partition(b"\n")
    if end:
        return b"HTTP/" in line.upper()
    return None if len(first) <= _LINE_BYTES and _MAYBE.match(first) else False
