"""A client's connection that reads answers strictly: what it returns was whole."""

from __future__ import annotations

import select
import socket
import struct
import time
from contextlib import suppress

#: Longer than anything takes that ends by itself.
PATIENCE_SECONDS = 40.0


class CutError(Exception):
    """The connection ended before the answer did."""


class EndError(CutError):
    """The end came too early, and looked like one."""


class WrongError(Exception):
    """Something came that must not."""


class Connection:
    """One connection to the balancer."""

    def __init__(self, port: int, source: str = "") -> None:
        bind = (source, 0) if source else None
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS, bind)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        #: When the first byte of the answer that is being read came.
        self.first = 0.0
        #: The answer said that it is the last one.
        self.last = False

    def is_usable(self) -> bool:
        """Say whether another request may be sent. Raises WrongError for bytes that nobody asked for."""
        if self._buffer:
            msg = f"bytes behind the answer: {self._buffer[:200]!r}"
            raise WrongError(msg)
        if self.last:
            return False
        readable, _, _ = select.select([self.socket], [], [], 0)
        return not readable

    def send(self, data: bytes) -> None:
        """Send as far as it goes: whoever stops reading may have answered."""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            return

    def answer(self, method: str) -> tuple[int, dict[str, str], bytes]:
        """Read one final answer; return status, fields by lower-case name, body. Raises CutError, WrongError.

        Raises TimeoutError when nothing comes for too long.
        """
        self.first = 0.0
        status = 100
        while status == 100:
            self._need(1)
            self.first = self.first or time.monotonic()
            line, *rest = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            words = line.split(" ", 2)
            if words[0] not in {"HTTP/1.1", "HTTP/1.0"} or not words[1].isdigit():
                msg = f"no status line: {line[:200]!r}"
                raise WrongError(msg)
            status = int(words[1])
        pairs = (field.partition(":") for field in rest)
        fields = {name.lower(): value.strip() for name, _, value in pairs}
        self.last = "close" in fields.get("connection", "").lower()
        return status, fields, self._body(method, status, fields)

    def _body(self, method: str, status: int, fields: dict[str, str]) -> bytes:
        if method == "HEAD" or status in {101, 204, 304}:
            return b""
        if fields.get("transfer-encoding") == "chunked":
            pieces = []
            while size := int(self._until(b"\r\n"), 16):
                pieces.append(self._take(size))
                if self._take(2) != b"\r\n":
                    msg = "a chunk does not end where it should"
                    raise WrongError(msg)
            self._until(b"\r\n")
            return b"".join(pieces)
        if "content-length" in fields:
            return self._take(int(fields["content-length"]))
        self.last = True
        pieces = [self._buffer]
        while piece := self._receive():
            pieces.append(piece)
        self._buffer = b""
        return b"".join(pieces)

    def exactly(self, size: int) -> bytes:
        """Read so many bytes of a tunnel. Raises CutError."""
        return self._take(size)

    def line(self) -> bytes:
        """Read a line of a tunnel, without its end. Raises CutError."""
        return self._until(b"\n")

    def is_ended(self) -> bool:
        """Wait; say whether it is the end that comes next, and not bytes. Raises CutError."""
        return not self._buffer and not self._receive()

    def close(self) -> None:
        self.socket.close()

    def wake(self) -> None:
        """End both directions: whoever still sends is not kept waiting."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Close with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._need(len(self._buffer) + 1)
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _take(self, size: int) -> bytes:
        self._need(size)
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _need(self, size: int) -> None:
        pieces = [self._buffer]
        have = len(self._buffer)
        while have < size:
            piece = self._receive()
            if not piece:
                msg = f"the end after {have} bytes of {size}"
                raise EndError(msg)
            pieces.append(piece)
            have += len(piece)
        self._buffer = b"".join(pieces)

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(262144)
        except ConnectionError as error:
            raise CutError(type(error).__name__) from error
