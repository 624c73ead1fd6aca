"""Heads rewritten once, bytes to bytes: a slice of what was received, less what is hop-by-hop, plus ours.

Framing named the lines that end here, and each is cut out where it stands. A head without any is
passed on as it came.
"""

from __future__ import annotations

from typing import Final

from readylb.core.http1.exchange import CHUNKED, VIA_NAME, Request, Response
from readylb.core.http1.lines import OF_REQUESTS
from readylb.core.http1.responses import REASONS

VIA: Final = b"1.1" + VIA_NAME
_VIA_OLD = b"1.0" + VIA_NAME
_UPGRADE_REQUIRED: Final = 426
# Removed from every message that is passed on (RFC 9110 §7.6.1) and set anew where meant.
_HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"))
# What hops before this one said, and the part of it that we go on with in lines of our own.
_FORWARDING = frozenset(name for names in OF_REQUESTS for name in names if b"forwarded" in name)
_CONTINUED = frozenset((b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"))
# A Connection field cannot nominate what decides framing and routing; these stay whatever it says.
_NOT_NOMINABLE = frozenset(
    (
        b"close",
        b"connection",
        b"content-length",
        b"host",
        b"keep-alive",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    )
)
# Never taken from a trailer section (RFC 9110 §6.5.1): framing, routing, credentials, hop-by-hop.
_NOT_IN_TRAILERS = (
    frozenset(
        (
            b"authorization",
            b"cache-control",
            b"content-encoding",
            b"content-length",
            b"content-range",
            b"content-type",
            b"cookie",
            b"expect",
            b"host",
            b"max-forwards",
            b"proxy-authenticate",
            b"proxy-authorization",
            b"set-cookie",
            b"trailer",
            b"transfer-encoding",
            b"www-authenticate",
        )
    )
    | _HOP_BY_HOP
    | _FORWARDING
)
_NO_CONTENT: Final = 204
_OK: Final = 200
_SWITCHING: Final = 101
# What stands behind the status in a line without a reason, and where: HTTP/1.1 200 CRLF.
_CR: Final = 13
_BEHIND_STATUS: Final = 12


class Peer:
    """The client end as request heads tell it: its address, and whether its own word is believed."""

    __slots__ = ("address", "lines", "trusted")

    def __init__(self, address: bytes, *, trusted: bool) -> None:
        """Describe the client at `address` (an IP address, as text)."""
        self.address = address
        self.trusted = trusted
        self.lines = (
            b"\r\nX-Forwarded-For: %b\r\nX-Forwarded-Proto: http\r\nVia: %b\r\nX-Forwarded-Host: "
            % (address, VIA)
        )


def request_head(request: Request, peer: Peer, authority: bytes) -> bytes:
    """Return the head for the endpoint. `authority` names it where the client named no host.

    HTTP/1.1, Host of the target, no hop-by-hop fields, Via (RFC 9110 §7.6.3), X-Forwarded-*.
    """
    if request.plain:
        return b"%b%b%b\r\n\r\n" % (request.head[:-4], peer.lines, request.host)
    block = request.head[request.fields_at - 2 : -4]
    for name in request.hop_by_hop:
        block = _without(block, name)
    if request.rewritten_target:
        block = _without_named(block, (b"host",))
    told: dict[bytes, bytes] = {}
    for name, value in request.forwarding:
        lower = name.lower()
        if not peer.trusted:
            block = _without(block, name)
        elif lower in _CONTINUED:
            block = _without(block, name)
            told[lower] = told[lower] + b", " + value if lower in told else value
    if request.nominated:
        block = _without_nominated(block, request.nominated)
    line = b"%b %b HTTP/1.1" % (request.method, request.target)
    return b"".join((line, block, _added(request, peer, authority, told), b"\r\n\r\n"))


def response_head(response: Response, *, minor: int, close: bool, body: int, date: bytes) -> bytes:
    """Return the head for a client that speaks HTTP/1.`minor`.

    `body` is the framing that the client will get: CHUNKED where the response itself has no end but
    the close of the connection, UNTIL_CLOSE where a chunked one goes to HTTP/1.0.
    """
    head = response.head
    is_whole = response.minor and head[_BEHIND_STATUS] != _CR
    head = head[:-4] if is_whole else _with_status_line(response)
    if response.hop_by_hop:
        head = _without_hop_by_hop(response, head)
    status = response.status
    if status < _OK:
        return _interim_head(response, head)
    if body != response.body or status == _NO_CONTENT or minor == 0:
        head = _reframed(response, head, minor, body)
    dated = response.dated
    if response.nominated:
        head = _without_nominated(head, response.nominated)
        dated = dated and b"date" not in response.nominated
    if not dated:
        head += b"\r\nDate: " + date
    if close:
        return head + b"\r\nConnection: close\r\n\r\n"
    if minor == 0:
        return head + b"\r\nConnection: keep-alive\r\n\r\n"
    return head + b"\r\n\r\n"


def trailer_lines(lines: bytes, nominated: tuple[bytes, ...]) -> bytes:
    """Return the trailer lines that may be passed on, each with its CRLF (RFC 9110 §6.5.1)."""
    kept = []
    for line in lines.split(b"\r\n"):
        name = line.partition(b":")[0].lower()
        if name and name not in _NOT_IN_TRAILERS and name not in nominated:
            kept.append(line + b"\r\n")
    return b"".join(kept)


def _without_hop_by_hop(response: Response, head: bytes) -> bytes:
    for name in response.hop_by_hop:
        head = _without(head, name)
    if response.status == _UPGRADE_REQUIRED and response.upgrade:
        # RFC 9110 §15.5.22: it MUST say to what, even where its endpoint forgot the Connection field.
        head += b"\r\nConnection: upgrade\r\nUpgrade: " + response.upgrade
    return head


def _without(block: bytes, raw: bytes) -> bytes:
    """Cut the first line named `raw`, with the CRLF before it, out of `block`."""
    start = block.find(b"\r\n" + raw + b":")
    if start < 0:
        return block
    end = block.find(b"\r\n", start + 2)
    return block[:start] if end < 0 else block[:start] + block[end:]


def _without_nominated(block: bytes, nominated: tuple[bytes, ...]) -> bytes:
    """Cut the fields that a Connection field named (RFC 9110 §7.6.1 MUST)."""
    names = tuple(name for name in nominated if name not in _NOT_NOMINABLE)
    return _without_named(block, names) if names else block


def _without_named(block: bytes, names: tuple[bytes, ...]) -> bytes:
    """Cut all lines with one of these lower-case names."""
    first, *lines = block.split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].lower() not in names]
    return b"\r\n".join((first, *kept))


def _with_status_line(response: Response) -> bytes:
    """Return the head with HTTP/1.1 and the blank that RFC 9112 §4 puts before any reason."""
    head = response.head
    end = head.find(b"\r")
    line = head[8:end]
    if end == _BEHIND_STATUS:
        line += b" " + REASONS.get(response.status, b"")
    return b"".join((b"HTTP/1.1", line, head[end:-4]))


def _reframed(response: Response, head: bytes, minor: int, body: int) -> bytes:
    """Return a head whose framing lines say what the client will get."""
    if body != response.body or response.status == _NO_CONTENT:
        for name in response.framing:
            head = _without(head, name)
        if body == CHUNKED:
            head += b"\r\nTransfer-Encoding: chunked"
    elif minor == 0:
        # An answer to HEAD may tell of a coding that HTTP/1.0 does not know.
        head = _without_named(head, (b"transfer-encoding",))
    return head


def _interim_head(response: Response, head: bytes) -> bytes:
    """Return the head of a 1xx, which has no body and so no framing (RFC 9110 §8.6)."""
    for name in response.framing:
        head = _without(head, name)
    head = _without_nominated(head, response.nominated)
    if response.status == _SWITCHING:
        head += b"\r\nConnection: upgrade\r\nUpgrade: " + response.upgrade
    return head + b"\r\n\r\n"


def _added(request: Request, peer: Peer, authority: bytes, told: dict[bytes, bytes]) -> bytes:
    """Return our own lines, each with a CRLF before it."""
    parts = []
    if request.rewritten_target or not request.host:
        parts.append(b"\r\nHost: " + (request.host or authority))
    if request.max_forwards > 0:
        parts.append(b"\r\nMax-Forwards: %d" % (request.max_forwards - 1))
    if request.upgrade:
        parts.append(b"\r\nConnection: upgrade\r\nUpgrade: " + request.upgrade)
    elif request.trailers_wanted:
        parts.append(b"\r\nTE: trailers\r\nConnection: TE")
    if told:
        before = told.get(b"x-forwarded-for")
        parts.append(b"\r\nX-Forwarded-For: " + (before + b", " if before else b"") + peer.address)
        parts.append(b"\r\nX-Forwarded-Proto: " + told.get(b"x-forwarded-proto", b"http"))
        parts.append(b"\r\nVia: " + (VIA if request.minor else _VIA_OLD))
        parts.append(b"\r\nX-Forwarded-Host: " + told.get(b"x-forwarded-host", request.host))
        return b"".join(parts)
    # RFC 9110 §7.6.3: Via names the protocol that was received.
    lines = peer.lines if request.minor else peer.lines.replace(VIA, _VIA_OLD)
    parts.append(lines + request.host if request.host else lines[: lines.rindex(b"\r\nX-Forwarded-Host")])
    return b"".join(parts)
