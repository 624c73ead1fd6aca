"""Where messages begin and end, and which are refused (RFC 9112; RFC 9110 where named).

One rule above all: what two readers could understand differently is refused, never repaired. The
parser refuses malformed field lines; these functions judge the request or status line and the lines
that say something to this hop, which they pick out of a head whose every line ends in CRLF.
"""

from __future__ import annotations

from typing import Final

from readylb.core.http1.diagnosis import what_is_wrong
from readylb.core.http1.exchange import CHUNKED, UNTIL_CLOSE, VIA_NAME, Fields, Request, Response
from readylb.core.http1.responses import Refusal
from readylb.core.http1.syntax import (
    ABSOLUTE,
    VERSION,
    has_bad_escape,
    is_authority,
    is_broken,
    is_target,
    is_token,
    looks_like_http,
    read_number,
    read_status_line,
    tokens,
)

_SWITCHING: Final = 101
_OK: Final = 200
_BODYLESS: Final = frozenset((204, 304))
_SLASH: Final = 47
_PERCENT: Final = 37
_WORDS: Final = 3  # of a request line
# RFC 9110 §7.6.2: the methods whose hops Max-Forwards counts.
_COUNTED: Final = frozenset((b"OPTIONS", b"TRACE"))
_HOP_BY_HOP: Final = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"))
_MOST_FORWARDS: Final = 10**18
# A loop of ours: more often than a chain of readylbs is long. Each round costs two connections.
MOST_OWN_HOPS: Final = 5
_BAD_LENGTH = "Content-Length is not one plain number"
_BAD_ENCODING = "Transfer-Encoding is not exactly: chunked"


class _Lengths:
    """What Content-Length and Transfer-Encoding lines say together."""

    __slots__ = ("chunked", "length")

    def __init__(self) -> None:
        self.length = -1
        self.chunked = False

    def take(self, name: bytes, value: bytes) -> str:
        """Take one line; return what is wrong with it, or an empty string."""
        if name == b"content-length":
            if self.length >= 0:
                return "there is more than one Content-Length"
            self.length = read_number(value)
            return "" if self.length >= 0 else _BAD_LENGTH
        if self.chunked or value.lower() != b"chunked":
            return "there is more than one Transfer-Encoding" if self.chunked else _BAD_ENCODING
        self.chunked = True
        return ""


def start_request(head: bytes, line: bytes) -> Request | Refusal:
    """Read the request `line` (RFC 9112 §3), with its CR, of a whole head."""
    words = line.split(b" ")
    if len(words) != _WORDS or not is_token(words[0]) or not is_target(words[1]):
        return _refuse_line(line)
    method, target, version = words
    if version == b"HTTP/1.1\r":
        minor = 1
    elif version == b"HTTP/1.0\r":
        minor = 0
    else:
        return _refuse_version(line, version)
    if method == b"CONNECT":
        return Refusal(405, "CONNECT is not offered here")
    request = Request(head, method, target, minor, len(line) + 1)
    if target[0] != _SLASH:
        return _other_target(request)
    return _bad_escape() if _PERCENT in target and has_bad_escape(target) else request


def finish_request(request: Request, fields: Fields) -> Refusal | None:
    """Judge the lines that matter and put what they say into `request`; None: it may be forwarded."""
    if len(fields) == 1 and request.minor and not request.rewritten_target:
        # Nearly all that have no body: only Host says something to this hop, if it is Host.
        lower, _, host = fields[0]
        if lower == b"host":
            request.plain = True
            request.host = host
            return None if is_authority(host) else _bad_host()
    hosts: list[bytes] = []
    lengths = _Lengths()
    own_hops = 0
    for lower, name, value in fields:
        if lower == b"host":
            hosts.append(value)
        elif lower in (b"content-length", b"transfer-encoding"):
            wrong = lengths.take(lower, value)
            if wrong:
                return Refusal(400, wrong)
        elif lower == b"via":
            own_hops += value.count(VIA_NAME)
        else:
            _note(request, lower, name, value)
    if own_hops > MOST_OWN_HOPS:
        return Refusal(508, f"it has been here {own_hops} times: an endpoint leads back to where it came in")
    _settle_connection(request)
    return _settle_host(request, hosts) or _settle_body(request, lengths)


def refuse_unfinished(unfinished: bytes, line_bytes: int, head_bytes: int, judged: int = 0) -> Refusal | None:
    """Judge a request head of which only `unfinished` has come; None: wait for more.

    The first `judged` bytes and three more were found good before.
    """
    line_end = unfinished.find(b"\r\n")
    # A CR alone at the end is half of the line's end, and no part of the line.
    if (line_end if line_end >= 0 else len(unfinished) - unfinished.endswith(b"\r")) > line_bytes:
        return Refusal(414, f"the request line is longer than {line_bytes} bytes")
    if len(unfinished) > head_bytes:
        return Refusal(431, f"the request head is longer than {head_bytes} bytes")
    # Not between CR and LF, which belong together.
    start = judged - 1 if unfinished[judged : judged + 1] == b"\n" else judged
    if is_broken(unfinished[start:] if start > 0 else unfinished):
        return Refusal(400, what_is_wrong(unfinished))
    if line_end >= 0:
        started = start_request(unfinished, unfinished[: line_end + 1])
        return started if isinstance(started, Refusal) else None
    return None


def start_response(head: bytes, line: bytes) -> Response | None:
    """Read the status `line` (RFC 9112 §4), with its CR, of a whole response head; None: it is not one."""
    minor, status = read_status_line(line)
    return Response(head, status, minor) if status else None


def finish_response(response: Response, fields: Fields, method: bytes) -> str:
    """Judge a response to `method` by its lines that matter; return what is wrong, or an empty string.

    RFC 9112 §6.3 decides the length. What is ambiguous or forbidden makes the response invalid.
    """
    length = UNTIL_CLOSE
    chunked = False
    for lower, name, value in fields:
        if lower == b"content-length":
            length = -1 if length >= 0 else read_number(value)
            if length < 0:
                return _BAD_LENGTH
            response.framing += (name,)
        elif lower == b"transfer-encoding":
            if chunked or value.lower() != b"chunked":
                return _BAD_ENCODING
            response.framing += (name,)
            chunked = True
        else:
            _note_response(response, lower, name, value)
    if chunked:
        if length >= 0 or response.minor == 0:
            return "Transfer-Encoding beside Content-Length or in HTTP/1.0"
        length = CHUNKED
    # Who answers so has no body.
    status = response.status
    if status >= _OK and status not in _BODYLESS and method != b"HEAD":
        response.body = length
        if length == UNTIL_CLOSE:
            response.keep_alive = False
    return ""


def is_switching(response: Response, request: Request) -> bool:
    """Say whether a 101 is an answer that `request` asked for (RFC 9110 §15.2.2)."""
    return (
        response.status == _SWITCHING
        and response.minor == 1
        and bool(request.upgrade)
        and b"upgrade" in response.nominated
        and bool(response.upgrade)
        and all(protocol in tokens(request.upgrade) for protocol in tokens(response.upgrade))
    )


def _refuse_line(line: bytes) -> Refusal:
    if looks_like_http(line):
        which = "target" if is_token(line.partition(b" ")[0]) else "method"
        return Refusal(400, f"the request {which} holds a character that none may hold")
    if line.startswith(b"\x16\x03"):
        return Refusal(400, what_is_wrong(line))
    return Refusal(400, "the request line is not valid")


def _refuse_version(line: bytes, version: bytes) -> Refusal:
    if VERSION.fullmatch(version) is None:
        return _refuse_line(line)
    # 505 would be as good (RFC 9110 §15.6.6 leaves it open); 400 says that it is the client's to change.
    return Refusal(400, f"only HTTP/1.0 and HTTP/1.1 are spoken here, not {version.decode().strip()}")


def _bad_escape() -> Refusal:
    return Refusal(400, "the request target holds an invalid escape")


def _bad_host() -> Refusal:
    return Refusal(400, "the Host field is not valid")


def _other_target(request: Request) -> Request | Refusal:
    """Bring an absolute-form target into origin-form (RFC 9112 §3.2.2); admit `OPTIONS *`."""
    if request.target == b"*":
        if request.method == b"OPTIONS":
            return request
        return Refusal(400, "the target * is for OPTIONS alone")
    absolute = ABSOLUTE.fullmatch(request.target)
    if absolute is None or not is_authority(absolute.group(1)):
        return Refusal(400, "the request target is not valid")
    request.host, path = absolute.groups()
    if has_bad_escape(path):
        return _bad_escape()
    if not path and request.method == b"OPTIONS":
        request.target = b"*"
    else:
        request.target = path if path.startswith(b"/") else b"/" + path
    request.rewritten_target = True
    return request


def _note(request: Request, lower: bytes, name: bytes, value: bytes) -> None:
    """Take what the rarer notable lines say."""
    if lower in _HOP_BY_HOP:
        request.hop_by_hop += (name,)
        if lower == b"connection":
            request.nominated += tuple(tokens(value))
        elif lower == b"upgrade":
            request.upgrade = request.upgrade + b", " + value if request.upgrade else value
        elif lower == b"te":
            request.trailers_wanted = request.trailers_wanted or b"trailers" in tokens(value)
    elif lower == b"expect":
        request.expects_continue = value.lower() == b"100-continue"
        if request.minor == 0:
            # RFC 9110 §10.1.1: from HTTP/1.0 it is ignored, and must not reach a 1.1 endpoint.
            request.hop_by_hop += (name,)
    elif lower == b"max-forwards":
        if request.method in _COUNTED and value.isdigit():
            request.hop_by_hop += (name,)
            number = read_number(value)
            # RFC 9110 §7.6.2: what is beyond us becomes the most that we know. Of several the least counts.
            number = _MOST_FORWARDS if number < 0 else number
            said = request.max_forwards
            request.max_forwards = number if said < 0 else min(number, said)
    else:
        request.forwarding += ((name, value),)


def _settle_host(request: Request, hosts: list[bytes]) -> Refusal | None:
    """Demand one valid Host (RFC 9112 §3.2); the target's own authority goes before it."""
    if len(hosts) != 1 and (hosts or request.minor):
        return Refusal(400, f"there is {'more than one' if hosts else 'no'} Host field")
    if hosts:
        if not is_authority(hosts[0]):
            return _bad_host()
        if not request.rewritten_target:
            request.host = hosts[0]
    return None


def _settle_body(request: Request, lengths: _Lengths) -> Refusal | None:
    """Decide the body's length (RFC 9112 §6.3)."""
    if lengths.chunked:
        if lengths.length >= 0:
            return Refusal(400, "Content-Length and Transfer-Encoding exclude each other")
        if request.minor == 0:
            return Refusal(400, "HTTP/1.0 knows no Transfer-Encoding")
        request.body = CHUNKED
    elif lengths.length > 0:
        request.body = lengths.length
    if request.upgrade and request.body:
        # Where the tunnel would begin is unclear to some readers; the request is served without.
        request.upgrade = b""
    return None


def _settle_connection(request: Request) -> None:
    """Decide persistence (RFC 9112 §9.3) and whether an upgrade is meant (RFC 9110 §7.8)."""
    nominated = request.nominated
    if nominated:
        if b"close" in nominated:
            request.keep_alive = False
        elif request.minor == 0:
            request.keep_alive = b"keep-alive" in nominated
    if request.upgrade and (
        request.minor == 0
        or b"upgrade" not in nominated
        or any(protocol.startswith(b"h2") for protocol in tokens(request.upgrade))
    ):
        # An offer that is not made properly, or for HTTP/2, is ignored: the request is served as it is.
        request.upgrade = b""
    if request.minor == 0:
        request.expects_continue = False


def _note_response(response: Response, lower: bytes, name: bytes, value: bytes) -> None:
    """Take what the rarer notable lines say, and that there is a Date."""
    if lower == b"date":
        response.dated = True
        return
    response.hop_by_hop += (name,)
    if lower == b"upgrade":
        response.upgrade = response.upgrade + b", " + value if response.upgrade else value
    if lower != b"connection" or (value == b"keep-alive" and response.minor):
        return
    for token in tokens(value):
        response.nominated += (token,)
        if token == b"close":
            response.keep_alive = False
        elif token == b"keep-alive" and response.minor == 0 and b"close" not in response.nominated:
            response.keep_alive = True
