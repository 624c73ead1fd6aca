"""Heads rewritten once, bytes to bytes: one slice of the received head, less what is hop-by-hop, plus ours.

Nothing is looked up by pattern: the parser named the notable lines, and each one that must go is cut
out where it stands. A head without any is passed on as it came.
"""

from __future__ import annotations

from readylb.core.http1.exchange import CHUNKED, UNTIL_CLOSE, Request, Response
from readylb.core.http1.responses import REASONS

VIA = b"1.1 readylb"
# Removed from every message that is passed on (RFC 9110 §7.6.1) and set anew where meant.
_HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"))
_FORWARDING = frozenset((b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"))
# A Connection field cannot nominate what decides framing and routing; these stay whatever it says.
_NOT_NOMINABLE = frozenset(
    (b"close", b"content-length", b"host", b"keep-alive", b"te", b"transfer-encoding", b"upgrade")
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
_NO_CONTENT = 204
_OK = 200


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
    if len(request.notable) == 1 and request.minor and not request.rewritten_target:
        # Host alone, the common case: nothing to cut, nothing to change.
        return b"%b%b%b\r\n\r\n" % (request.head[:-4], peer.lines, request.host)
    block = request.head[request.fields_at - 2 : -4]
    cut = _HOP_BY_HOP if peer.trusted else _HOP_BY_HOP | _FORWARDING
    told = {}
    for name, raw, value in request.notable:
        if name in cut or (name == b"host" and request.rewritten_target):
            block = _without(block, raw)
        elif name == b"expect" and not request.expects_continue and request.minor == 0:
            block = _without(block, raw)
        elif name in _FORWARDING:
            told[name] = told[name] + b", " + value if name in told else value
            if name != b"forwarded":
                block = _without(block, raw)
    block = _without_nominated(block, request.nominated)
    line = b"%b %b HTTP/1.1" % (request.method, request.target)
    return b"".join((line, block, _added(request, peer, authority, told), b"\r\n\r\n"))


def response_head(response: Response, *, minor: int, close: bool, body: int, date: bytes) -> bytes:
    """Return the head for a client that speaks HTTP/1.`minor`.

    `body` is the framing that the client will get: CHUNKED where the response itself has no end but
    the close of the connection, UNTIL_CLOSE where a chunked one goes to HTTP/1.0.
    """
    if response.minor and response.fields_at > 14:  # noqa: PLR2004 - "HTTP/1.1 200" + CRLF has no blank
        head = response.head[:-4]
    else:
        reason = REASONS.get(response.status, b"") if response.fields_at <= 14 else b""  # noqa: PLR2004
        line = response.head[8 : response.fields_at - 2]
        head = b"".join((b"HTTP/1.1", line, b" " + reason if response.fields_at <= 14 else b""))  # noqa: PLR2004
        head += response.head[response.fields_at - 2 : -4]
    status = response.status
    switching = status == 101  # noqa: PLR2004 - the one status that needs Upgrade
    bodyless = status < _OK or status == _NO_CONTENT
    for name, raw, _ in response.notable:
        if (
            name in _HOP_BY_HOP
            or (name == b"transfer-encoding" and (bodyless or body == UNTIL_CLOSE or minor == 0))
            or (name == b"content-length" and bodyless)
        ):
            head = _without(head, raw)
    if response.nominated:
        head = _without_nominated(head, response.nominated)
    if not response.dated and status >= _OK:
        head += b"\r\nDate: " + date
    if body == CHUNKED and response.body == UNTIL_CLOSE:
        head += b"\r\nTransfer-Encoding: chunked"
    if switching:
        head += b"\r\nConnection: upgrade\r\nUpgrade: " + response.upgrade
    elif status >= _OK:
        if close:
            head += b"\r\nConnection: close"
        elif minor == 0:
            head += b"\r\nConnection: keep-alive"
    return head + b"\r\n\r\n"


def trailer_lines(lines: bytes, nominated: tuple[bytes, ...]) -> bytes:
    """Return the trailer lines that may be passed on, each with its CRLF (RFC 9110 §6.5.1)."""
    kept = []
    for line in lines.split(b"\r\n"):
        name = line.partition(b":")[0].lower()
        if name and name not in _NOT_IN_TRAILERS and name not in nominated:
            kept.append(line + b"\r\n")
    return b"".join(kept)


def _without(block: bytes, raw: bytes) -> bytes:
    """Cut the first line named `raw`, with the CRLF before it, out of `block`."""
    start = block.find(b"\r\n" + raw + b":")
    if start < 0:
        return block
    end = block.find(b"\r\n", start + 2)
    return block[:start] if end < 0 else block[:start] + block[end:]


def _without_nominated(block: bytes, nominated: tuple[bytes, ...]) -> bytes:
    """Cut the fields that a Connection field named (RFC 9110 §7.6.1 MUST)."""
    names = [name for name in nominated if name not in _NOT_NOMINABLE]
    if not names:
        return block
    first, *lines = block.split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].lower() not in names]
    return b"\r\n".join((first, *kept))


def _added(request: Request, peer: Peer, authority: bytes, told: dict[bytes, bytes]) -> bytes:
    """Return our own lines, each with a CRLF before it."""
    parts = []
    if request.rewritten_target or not request.host:
        parts.append(b"\r\nHost: " + (request.host or authority))
    if request.upgrade:
        parts.append(b"\r\nConnection: upgrade\r\nUpgrade: " + request.upgrade)
    elif request.trailers_wanted:
        parts.append(b"\r\nTE: trailers\r\nConnection: TE")
    if told:
        before = told.get(b"x-forwarded-for")
        parts.append(b"\r\nX-Forwarded-For: " + (before + b", " if before else b"") + peer.address)
        parts.append(b"\r\nX-Forwarded-Proto: " + told.get(b"x-forwarded-proto", b"http"))
        parts.append(b"\r\nVia: " + VIA)
        parts.append(b"\r\nX-Forwarded-Host: " + told.get(b"x-forwarded-host", request.host))
    elif request.host:
        parts.append(peer.lines + request.host)
    else:
        parts.append(peer.lines[: peer.lines.rindex(b"\r\nX-Forwarded-Host")])
    return b"".join(parts)
