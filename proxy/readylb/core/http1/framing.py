"""Where messages begin and end, and which are refused (RFC 9112; RFC 9110 where named).

One rule above all: what two readers could understand differently is refused, never repaired.
The parser has already refused malformed field lines; these functions see the request or status
line themselves and the fields in NOTABLE as (lower-case name, name, value).
"""

from __future__ import annotations

from readylb.core.http1.exchange import CHUNKED, UNTIL_CLOSE, Field, Request, Response
from readylb.core.http1.responses import Refusal
from readylb.core.http1.syntax import (
    ABSOLUTE,
    LENGTH,
    REQUEST_LINE,
    STATUS_LINE,
    has_bad_escape,
    is_authority,
    is_broken,
    looks_like_http,
    tokens,
)

# Fields that say something to this hop. Everything else is passed on without being looked at.
NOTABLE_REQUEST = frozenset(
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
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
    )
)
NOTABLE_RESPONSE = frozenset(
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
_SWITCHING = 101
_NO_CONTENT = 204
_NOT_MODIFIED = 304
_OK = 200


def start_request(head: bytes) -> Request | Refusal:
    """Read the request line of a whole head (RFC 9112 §3)."""
    line = REQUEST_LINE.match(head)
    if line is None:
        return _refuse_line(head[: head.find(b"\r\n")])
    method, target, major, minor = line.groups()
    if major != b"1" or minor not in b"01":
        return Refusal(505, f"only HTTP/1.0 and HTTP/1.1 are spoken here, not {_version(major, minor)}")
    if method == b"CONNECT":
        return Refusal(405, "CONNECT is not offered here")
    request = Request(head, method, target, 1 if minor == b"1" else 0, line.end())
    if target[0] != 47:  # noqa: PLR2004 - "/"
        return _other_target(request)
    if has_bad_escape(target):
        return Refusal(400, "the request target holds an invalid escape")
    return request


def finish_request(request: Request, notable: list[Field]) -> Refusal | None:
    """Judge the fields that matter and put what they say into `request`; None: it may be forwarded."""
    hosts = 0
    length = -1
    chunked = False
    authority = request.host
    request.notable = notable
    for name, _, value in notable:
        if name == b"host":
            hosts += 1
            request.host = value.rstrip(b" \t")
        elif name == b"content-length":
            if length >= 0 or LENGTH.fullmatch(value := value.rstrip(b" \t")) is None:  # noqa: PLW2901 - trims
                return Refusal(400, "Content-Length is not one plain number")
            length = int(value)
        elif name == b"transfer-encoding":
            if chunked or value.rstrip(b" \t").lower() != b"chunked":
                return Refusal(400, "Transfer-Encoding is not exactly: chunked")
            chunked = True
        else:
            _note(request, name, value)
    if hosts != 1 and (hosts or request.minor):
        return Refusal(400, "there must be exactly one Host field")
    if hosts and not is_authority(request.host):
        return Refusal(400, "the Host field is not valid")
    if authority:
        request.host = authority
    if chunked:
        if length >= 0:
            return Refusal(400, "Content-Length and Transfer-Encoding exclude each other")
        if request.minor == 0:
            return Refusal(400, "HTTP/1.0 knows no Transfer-Encoding")
        request.body = CHUNKED
    elif length > 0:
        request.body = length
    return _settle_connection(request)


def refuse_unfinished(unfinished: bytes, line_bytes: int, head_bytes: int) -> Refusal | None:
    """Judge a request head of which only `unfinished` has come; None: wait for more."""
    line_end = unfinished.find(b"\r\n")
    if (line_end if line_end >= 0 else len(unfinished)) > line_bytes:
        return Refusal(414, f"the request line is longer than {line_bytes} bytes")
    if len(unfinished) > head_bytes:
        return Refusal(431, f"the request head is longer than {head_bytes} bytes")
    if is_broken(unfinished):
        return Refusal(400, "the request head is not valid")
    if line_end >= 0:
        started = start_request(unfinished)
        return started if isinstance(started, Refusal) else None
    return None


def read_response_line(head: bytes) -> Response | None:
    """Read the status line of a whole response head (RFC 9112 §4); None: it is not one."""
    line = STATUS_LINE.match(head)
    if line is None:
        return None
    minor, status, _ = line.groups()
    return Response(head, int(status), 1 if minor == b"1" else 0, line.end())


def finish_response(response: Response, method: bytes, notable: list[Field]) -> str:
    """Judge a response to `method`; return what is wrong with it, or an empty string.

    RFC 9112 §6.3 decides the length. What is ambiguous or forbidden makes the response invalid.
    """
    length = -1
    chunked = False
    response.notable = notable
    for name, _, value in notable:
        if name == b"content-length":
            if length >= 0 or LENGTH.fullmatch(value := value.rstrip(b" \t")) is None:  # noqa: PLW2901 - trims
                return "Content-Length is not one plain number"
            length = int(value)
        elif name == b"transfer-encoding":
            if chunked or value.rstrip(b" \t").lower() != b"chunked":
                return "Transfer-Encoding is not exactly: chunked"
            chunked = True
        elif name == b"connection":
            _note_response_connection(response, value)
        elif name == b"date":
            response.dated = True
        elif name == b"upgrade":
            response.upgrade = value.rstrip(b" \t")
    if chunked and (length >= 0 or response.minor == 0):
        return "Transfer-Encoding beside Content-Length or in HTTP/1.0"
    status = response.status
    if status < _OK or status == _NO_CONTENT or status == _NOT_MODIFIED or method == b"HEAD":
        response.body = 0
    elif chunked:
        response.body = CHUNKED
    elif length >= 0:
        response.body = length
    else:
        response.body = UNTIL_CLOSE
        response.keep_alive = False
    return ""


def _refuse_line(line: bytes) -> Refusal:
    if looks_like_http(line):
        return Refusal(400, "the request target or method is not valid")
    return Refusal(400, "the request line is not valid")


def _version(major: bytes, minor: bytes) -> str:
    return f"HTTP/{major.decode()}.{minor.decode()}"


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
        return Refusal(400, "the request target holds an invalid escape")
    if not path and request.method == b"OPTIONS":
        request.target = b"*"
    else:
        request.target = path if path.startswith(b"/") else b"/" + path
    request.rewritten_target = True
    return request


def _note(request: Request, name: bytes, value: bytes) -> None:
    """Take what the rarer notable fields say."""
    if name == b"connection":
        for token in tokens(value):
            request.nominated += (token,)
    elif name == b"upgrade":
        request.upgrade = request.upgrade + b", " + value if request.upgrade else value
    elif name == b"expect":
        request.expects_continue = value.rstrip(b" \t").lower() == b"100-continue"
    elif name == b"te":
        request.trailers_wanted = request.trailers_wanted or b"trailers" in tokens(value)


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
        or request.body != 0
        or any(protocol.startswith(b"h2") for protocol in tokens(request.upgrade))
    ):
        # An offer that is not made properly, or for HTTP/2, is ignored: the request is served as it is.
        request.upgrade = b""
    if request.minor == 0:
        request.expects_continue = False


def _note_response_connection(response: Response, value: bytes) -> None:
    for token in tokens(value):
        response.nominated += (token,)
        if token == b"close":
            response.keep_alive = False
        elif token == b"keep-alive" and response.minor == 0 and b"close" not in response.nominated:
            response.keep_alive = True


def is_switching(response: Response, request: Request) -> bool:
    """Say whether a 101 is an answer that `request` asked for (RFC 9110 §15.2.2)."""
    return (
        response.status == _SWITCHING
        and bool(request.upgrade)
        and b"upgrade" in response.nominated
        and bool(response.upgrade)
        and all(protocol in tokens(request.upgrade) for protocol in tokens(response.upgrade))
    )
