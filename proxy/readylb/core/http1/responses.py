"""Ready-made responses of the balancer itself: one line of plain text that says whose fault it is."""

from __future__ import annotations

from http import HTTPStatus

REASONS: dict[int, bytes] = {status.value: status.phrase.encode() for status in HTTPStatus}
# RFC 9110 §15.5.6 asks for Allow with 405. CONNECT is the one method refused: this is a gateway.
ALLOWED_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE"

# Credentials do not come back in the body of an answer.
_NOT_REFLECTED = frozenset((b"authorization", b"cookie", b"proxy-authorization"))


class Refusal:
    """A message that is not forwarded: the status and the sentence its sender is told."""

    __slots__ = ("retry_after_seconds", "status", "text")

    def __init__(self, status: int, text: str, retry_after_seconds: int | None = None) -> None:
        """Refuse with `status`, saying `text` in one line."""
        self.status = status
        self.text = text
        self.retry_after_seconds = retry_after_seconds

    def __repr__(self) -> str:
        """Show status and sentence."""
        return f"<Refusal {self.status} {self.text}>"


def render(refusal: Refusal, *, close: bool, date: bytes = b"", head_only: bool = False) -> bytes:
    """Return a whole HTTP/1.1 response with the refusal's text as its body.

    `date` is an IMF-fixdate, asked for by RFC 9110 §6.6.1; `head_only` answers a HEAD request.
    """
    body = refusal.text.encode() + b"\n"
    parts = [
        b"HTTP/1.1 %d %b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
        % (refusal.status, REASONS[refusal.status], len(body)),
    ]
    if date:
        parts.append(b"Date: %b\r\n" % date)
    if refusal.retry_after_seconds is not None:
        parts.append(b"Retry-After: %d\r\n" % refusal.retry_after_seconds)
    if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
        parts.append(b"Allow: %b\r\n" % ALLOWED_METHODS)
    if close:
        parts.append(b"Connection: close\r\n")
    parts.append(b"\r\n")
    if not head_only:
        parts.append(body)
    return b"".join(parts)


def final_recipient(method: bytes, head: bytes, *, close: bool, date: bytes) -> bytes:
    """Return the response to an OPTIONS or TRACE that may go no further (RFC 9110 §7.6.2, §9.3.8)."""
    if method == b"TRACE":
        lines = head.split(b"\r\n")
        kept = [line for line in lines if line.partition(b":")[0].lower() not in _NOT_REFLECTED]
        body = b"\r\n".join(kept)
        fields = b"Content-Type: message/http\r\nContent-Length: %d\r\n" % len(body)
    else:
        body = b""
        fields = b"Allow: %b\r\nContent-Length: 0\r\n" % ALLOWED_METHODS
    end = b"Connection: close\r\n\r\n" if close else b"\r\n"
    return b"".join((b"HTTP/1.1 200 OK\r\n", fields, b"Date: %b\r\n" % date, end, body))
