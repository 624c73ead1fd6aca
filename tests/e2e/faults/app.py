"""An endpoint with a ledger: whatever it executes is on disk before it is answered.

    app.py --folder FOLDER [--idle SECONDS] [--work SECONDS]

`/readyz` fails while FOLDER/NAME.unready exists; every other request is executed once its last byte
is there, noted as `TIME METHOD PATH`, and answered `PATH NAME` after `--work` seconds. Notes go to
FOLDER/NAME.ledger, times are seconds of the monotonic clock, and so are `start`, `term` (SIGTERM) and
every answer to a probe (`200 /readyz`).

A connection that is idle for `--idle` seconds after an answer is closed, as by a keep-alive timeout. While
FOLDER/NAME.rude holds `accept`, every other connection is closed at once; with another word every other
request that is no probe suffers it: `reset` cuts its answer in the body, `head` cuts it within the head,
`mute` executes it and gives no answer, `deaf` drops it unexecuted. While FOLDER/NAME.closed exists it does
not listen; its connections go on. SIGTERM ends the listening, then what runs, then the process.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import itertools
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PAD = b"." * 400


class App:
    """What all connections share."""

    def __init__(self, folder: Path, idle_seconds: float, work_seconds: float) -> None:
        self.name = os.environ["POD_NAME"]
        self.idle_seconds = idle_seconds
        self.work_seconds = work_seconds
        self.unready = folder / f"{self.name}.unready"
        self.rude = folder / f"{self.name}.rude"
        self.closed = folder / f"{self.name}.closed"
        self.connections: set[Connection] = set()
        self.ending = False
        self.one_ended = asyncio.Event()
        self.turns = itertools.count()
        self._ledger = os.open(folder / f"{self.name}.ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.note("start", "-")

    def note(self, kind: str, what: str) -> None:
        os.write(self._ledger, f"{time.monotonic():.6f} {kind} {what}\n".encode())

    def is_rude(self, *words: str) -> str:
        """Return which of `words` holds, every other time that one does."""
        try:
            word = self.rude.read_text()
        except FileNotFoundError:
            return ""
        return word if word in words and next(self.turns) % 2 == 0 else ""

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        term = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, term.set)
        server: asyncio.Server | None = None
        listener = socket.socket()
        while not term.is_set():
            if server is None and not self.closed.exists():
                listener = socket.create_server((os.environ["HOST"], int(os.environ["PORT"])), backlog=1024)
                server = await loop.create_server(lambda: Connection(self, loop), sock=listener, backlog=1024)
            elif server is not None and self.closed.exists():
                last = last_of(listener)
                server.close()
                server = None
                for client in last:
                    await loop.connect_accepted_socket(lambda: Connection(self, loop), client)
            with suppress(TimeoutError):
                await asyncio.wait_for(term.wait(), 0.02)
        self.note("term", "-")
        self.ending = True
        if server is not None:
            server.close()
        for connection in list(self.connections):
            connection.end_if_idle()
        while self.connections:
            self.one_ended.clear()
            await self.one_ended.wait()


class Connection(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        self.app = app
        self.loop = loop
        self.buffer = b""
        self.timer: asyncio.TimerHandle | None = None
        self.working = False
        self.rudeness = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.app.connections.add(self)
        if self.app.is_rude("accept"):
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.app.connections.discard(self)
        self.app.one_ended.set()
        self.stop_timer()

    def data_received(self, data: bytes) -> None:
        self.stop_timer()
        self.buffer += data
        self.serve()

    def serve(self) -> None:
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if self.working or not end:
            return
        line, *fields = head.decode("latin-1").split("\r\n")
        length = length_of(fields)
        if len(body) < length:
            return
        self.buffer = body[length:]
        method, path, _ = line.split(" ")
        if path == "/readyz":
            status = 500 if self.app.unready.exists() else 200
            self.app.note(str(status), path)
            self.reply(status, "probed")
            return
        self.rudeness = self.app.is_rude("deaf", *CUTS)
        if self.rudeness == "deaf":
            self.reset()
            return
        self.app.note(method, path)
        self.working = True
        self.loop.call_later(self.app.work_seconds, self.reply, 200, f"{path} {self.app.name}")

    def reply(self, status: int, text: str) -> None:
        self.working = False
        if self.transport.is_closing():
            return
        body = text.encode() + b" " + PAD
        close = "Connection: close\r\n" if self.app.ending else ""
        answer = f"HTTP/1.1 {status} X\r\n{close}Content-Length: {len(body)}\r\n\r\n".encode() + body
        if self.rudeness in CUTS and text != "probed":
            self.transport.write(answer[: CUTS[self.rudeness](answer)])
            self.loop.call_later(0.005, self.reset)
            return
        self.transport.write(answer)
        if self.app.ending:
            self.transport.close()
        elif self.buffer:
            self.serve()
        else:
            self.rest()

    def rest(self) -> None:
        if self.app.idle_seconds:
            self.timer = self.loop.call_later(self.app.idle_seconds, self.transport.close)

    def stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def end_if_idle(self) -> None:
        if not self.working and not self.buffer:
            self.transport.close()

    def reset(self) -> None:
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


def last_of(listener: socket.socket) -> list[socket.socket]:
    """Let nobody connect any more and accept who has: closing resets them, though they may have asked.

    A filter (socket(7), SO_ATTACH_FILTER) of one instruction, `return 0`, drops what arrives from now on.
    """
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    listener.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", 1, ctypes.addressof(instruction)))
    found = []
    with suppress(BlockingIOError):
        while True:
            client, _ = listener.accept()
            client.setblocking(False)
            found.append(client)
    return found


def length_of(fields: list[str]) -> int:
    parts = (field.partition(":") for field in fields)
    return next((int(value) for name, _, value in parts if name.lower() == "content-length"), 0)


#: How many bytes of an answer go out before it is cut.
CUTS: dict[str, Callable[[bytes], int]] = {
    "mute": lambda _: 0,
    "reset": lambda answer: len(answer) - len(PAD) // 2,
    "head": lambda _: 12,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--idle", type=float, default=0.0)
    parser.add_argument("--work", type=float, default=0.002)
    options = parser.parse_args()

    async def serve() -> None:
        await App(options.folder, options.idle, options.work).run()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
