"""One HTTP/1.1 request and its response on a connection of its own: a Protocol around httptools.

aiohttp's client costs more than twice as much here (450 against 180 µs of CPU a probe), and would
have to be talked out of cookies, compression, header order and its own redirect rules.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httptools

from readylb.control.probes.address import join
from readylb.control.probes.dial import system_text
from readylb.errors import ReadylbError

#: Bytes of a body that are read; what follows is cut (maxRespBodyLength).
BODY_LIMIT = 10 * 1024
#: Go's Transport gives up on longer response heads (10 MiB); ours is read within a probe's timeout.
HEAD_LIMIT = 10 * 1024 * 1024

_SWITCHING_PROTOCOLS = 101
_OK = 200


class ExchangeError(ReadylbError):
    """The response did not come; `in_body` says that its head did. The text is Go's net/http's."""

    def __init__(self, text: str, *, in_body: bool) -> None:
        """Say what broke."""
        super().__init__(text)
        self.in_body = in_body


@dataclass(slots=True)
class Response:
    """What came back. `location` is None when there was no such header."""

    status: int = 0
    location: str | None = None
    body: bytearray = field(default_factory=bytearray)


class HTTPExchange(asyncio.Protocol):
    """Sends a request when connected; `response` is done when the answer is, or cannot be."""

    def __init__(self, request: bytes) -> None:
        """Keep what is to be sent."""
        self._request = request
        #: There only while there is a connection: it refers back to this, and a thousand such circles a
        #: second make the garbage collector stop everything for a tenth of one every few seconds.
        self._parser: httptools.HttpResponseParser | None = None
        self._answer = Response()
        self._first = b""
        self._head_bytes = 0
        self._in_body = False
        self._framed = False
        self._transport: asyncio.Transport | None = None
        self.response: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

    @property
    def in_body(self) -> bool:
        """Say whether the response head has come."""
        return self._in_body

    def close(self) -> None:
        """Close the connection, whatever has come. One with TLS does not wait for the other's goodbye."""
        self._parser = None
        if self._transport is not None:
            secure = self._transport.get_extra_info("sslcontext") is not None
            (self._transport.abort if secure else self._transport.close)()
        self.response.cancel()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        self._transport = transport  # type: ignore[assignment]
        self._parser = httptools.HttpResponseParser(self)
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        parser = self._parser
        if parser is None or self.response.done():
            return
        if not self._in_body:
            self._first = self._first or data[:256]
            self._head_bytes += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish()
        except httptools.HttpParserError:
            self._fail(self._malformed())
        if not self._in_body and self._head_bytes > HEAD_LIMIT:
            self._fail(f"net/http: server response headers exceeded {HEAD_LIMIT} bytes; aborted")

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection as the end of the body, if the body has no other end."""
        self._parser = None
        if self.response.done():
            return
        if isinstance(exc, OSError):
            self._fail(f"read tcp {self._ends()}: read: {system_text(exc)}")
        elif self._in_body and not self._framed:
            self._finish()
        else:
            self._fail("unexpected EOF" if self._first else "EOF")

    def on_message_begin(self) -> None:
        """Forget an informational response that came before this one."""
        self._answer = Response()
        self._framed = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note how the body ends, and where a redirect leads."""
        lowered = name.lower()
        if lowered == b"location":
            self._answer.location = value.decode("latin-1")
        elif lowered in {b"content-length", b"transfer-encoding"}:
            self._framed = True

    def on_headers_complete(self) -> None:
        """Read on: the body follows."""
        if self._parser is not None:
            self._answer.status = self._parser.get_status_code()
        self._in_body = self._answer.status >= _OK

    def on_body(self, body: bytes) -> None:
        """Keep the body up to the limit; a longer one is cut, and that is no error."""
        room = BODY_LIMIT - len(self._answer.body)
        self._answer.body += body[:room]
        if len(self._answer.body) >= BODY_LIMIT:
            self._finish()

    def on_message_complete(self) -> None:
        """Finish, unless this was only informational."""
        if self._answer.status >= _OK or self._answer.status == _SWITCHING_PROTOCOLS:
            self._finish()

    def _finish(self) -> None:
        if not self.response.done():
            self.response.set_result(self._answer)

    def _fail(self, text: str) -> None:
        if not self.response.done():
            self.response.set_exception(ExchangeError(text, in_body=self._in_body))

    def _malformed(self) -> str:
        if self._in_body:
            return "malformed chunked encoding"
        line = self._first.split(b"\n")[0].rstrip(b"\r")
        return f'net/http: HTTP/1.x transport connection broken: malformed HTTP response "{_quoted(line)}"'

    def _ends(self) -> str:
        if self._transport is None:
            return ""
        here, there = (self._transport.get_extra_info(name) for name in ("sockname", "peername"))
        ends = (
            end if isinstance(end, str) else join(str(end[0]), int(end[1])) for end in (here, there) if end
        )
        return "->".join(ends)


def _quoted(line: bytes) -> str:
    """Return the inside of Go's %q."""
    return "".join(_character(byte) for byte in line)


def _character(byte: int) -> str:
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}"  # noqa: PLR2004 -- printable ASCII
