"""The endpoint of a chaos run: it notes on disk what it was asked and what it did, before it answers.

    python -m tests.chaos.app --folder FOLDER [--idle SECONDS]

A target is `/KIND/ID/SIZE[/PIECES/MILLISECONDS]`. Every answer is a line `ID NAME SIZE` and SIZE bytes that
follow from the ID: `plain` with a length, `chunked`, or `stream` in pieces with pauses. Bodies of requests
must follow from the ID, too. `ws` is a WebSocket that sends back what it is told, behind its name. What is
said over TCP instead is in `talk.py`.

FOLDER/NAME.ledger gets `TIME got ID METHOD` at the end of a head, `did` or `bad` at the end of a right or
wrong body, `said` behind the answer, `rude ID WORD` before a rudeness, `start`, `term`, and the status of
every probe of `/readyz`. Times are seconds of the monotonic clock.

Files next to it change its manners: NAME.unready and NAME.sick fail the probes, NAME.slow holds the seconds
that an answer takes, NAME.closed ends the listening as long as it is there, NAME.rude holds a word that every
other request suffers: `deaf` is dropped unread, `mute` is executed and dropped, `head` and `reset` break
the answer off in its head or body, `garbage` answers nonsense, `accept` closes new connections at once.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import itertools
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from tests.chaos.ask import payload
from tests.chaos.talk import BREAKS, Talk, reset
from tests.e2e.faults.app import last_of

from readylb.data.flow import has_unread

PIECE_BYTES = 65536


class Reader(asyncio.StreamReader):
    """Knows whether something has come since it was last asked."""

    fed = False

    def feed_data(self, data: bytes) -> None:
        self.fed = True
        super().feed_data(data)

    async def head(self, idle_seconds: float | None) -> bytes:
        """Return the next head. Raises TimeoutError when nothing comes for so long.

        After a SIGSTOP the time is over and the request is there, both at once: then it is no timeout.
        """
        while True:
            self.fed = False
            try:
                return await asyncio.wait_for(self.readuntil(b"\r\n\r\n"), idle_seconds)
            except TimeoutError:
                if not self.fed:
                    raise


class App:
    """What all connections share."""

    def __init__(self, folder: Path, idle_seconds: float) -> None:
        self.folder = folder
        self.name = os.environ["POD_NAME"]
        self.idle_seconds = idle_seconds or None
        self.turns = itertools.count()
        self.ending = False
        self.waiting: dict[asyncio.StreamWriter, Reader] = {}
        self.working: set[asyncio.StreamWriter] = set()
        self.done = asyncio.Event()
        self._ledger = os.open(folder / f"{self.name}.ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.note("start", "-")

    def note(self, kind: str, name: str, more: str = "-") -> None:
        os.write(self._ledger, f"{time.monotonic():.6f} {kind} {name} {more}\n".encode())

    def told(self, state: str) -> str | None:
        """Return what the file of a state holds, None without one."""
        try:
            return (self.folder / f"{self.name}.{state}").read_text()
        except FileNotFoundError:
            return None

    def is_rude(self, *words: str) -> str:
        """Return which of `words` holds, every other time that one does."""
        word = self.told("rude")
        return word if word in words and next(self.turns) % 2 == 0 else ""

    def protocol(self) -> asyncio.Protocol:
        return asyncio.StreamReaderProtocol(Reader(limit=2**18), self.serve)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        term = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, term.set)
        server: asyncio.Server | None = None
        listener = socket.socket()
        while not term.is_set():
            closed = self.told("closed") is not None
            if server is None and not closed:
                listener = socket.create_server((os.environ["HOST"], int(os.environ["PORT"])), backlog=1024)
                server = await loop.create_server(self.protocol, sock=listener, backlog=1024)
            elif server is not None and closed:
                await self.leave(server, listener)
                server = None
            with suppress(TimeoutError):
                await asyncio.wait_for(term.wait(), 0.02)
        self.note("term", "-")
        self.ending = True
        if server is not None:
            await self.leave(server, listener)
        # Who was accepted last is waited for from the next turn on.
        await asyncio.sleep(0.02)
        for writer, reader in list(self.waiting.items()):
            # After a SIGSTOP the signal comes first, and then what was asked meanwhile.
            if not (reader.fed or has_unread(writer.transport)):
                writer.close()
        while self.working or self.waiting:
            self.done.clear()
            await self.done.wait()

    async def leave(self, server: asyncio.Server, listener: socket.socket) -> None:
        """Stop listening, and serve who had connected by then."""
        last = last_of(listener)
        server.close()
        for client in last:
            await asyncio.get_running_loop().connect_accepted_socket(self.protocol, client)

    async def serve(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        if not self.is_rude("accept"):
            with suppress(OSError, EOFError, TimeoutError):
                while await self.converse(reader, writer):
                    pass
        self.waiting.pop(writer, None)
        self.working.discard(writer)
        self.done.set()
        writer.close()

    async def converse(self, reader: Reader, writer: asyncio.StreamWriter) -> bool:
        """Take one request; say whether there may be another."""
        self.waiting[writer] = reader
        head = await reader.head(self.idle_seconds)
        del self.waiting[writer]
        self.working.add(writer)
        line, *rest = head.decode("latin-1").split("\r\n")
        method, target, kind = line.split(" ")
        pairs = (field.partition(":") for field in rest)
        fields = {name.lower(): value.strip() for name, _, value in pairs}
        if target in {"/readyz", "/healthz"}:
            await self.probed(target, writer)
        elif method == "RAW":
            await Talk(self, reader, writer, target, kind).run()
        else:
            words = (*target.split("/")[1:], "0", "0")
            await Exchange(self, reader, writer, method, words).run(fields)
        self.working.discard(writer)
        self.done.set()
        return not self.ending and not writer.is_closing()

    async def probed(self, target: str, writer: asyncio.StreamWriter) -> None:
        state = {"/readyz": "unready", "/healthz": "sick"}[target]
        status = 200 if self.told(state) is None else 500
        if state == "unready":
            self.note(str(status), target)
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
        await writer.drain()


class Exchange:
    """One request and its answer."""

    def __init__(
        self,
        app: App,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        method: str,
        words: tuple[str, ...],
    ) -> None:
        self.app = app
        self.reader = reader
        self.writer = writer
        self.method = method
        self.kind, self.name, size, pieces, pause = words[:5]
        self.size = int(size)
        self.pieces = max(1, int(pieces))
        self.pause = int(pause) / 1000

    async def run(self, fields: dict[str, str]) -> None:
        app = self.app
        app.note("got", self.name, self.method)
        if app.is_rude("deaf"):
            app.note("rude", self.name, "deaf")
            reset(self.writer)
            return
        body = await self.body(fields)
        right = body == payload(self.name, len(body)) and len(body) == int(fields.get("x-size", "0"))
        rudeness = app.is_rude(*BREAKS)
        if rudeness:
            app.note("rude", self.name, rudeness)
        app.note("did" if right else "bad", self.name, self.method)
        await asyncio.sleep(float(app.told("slow") or 0.002))
        if rudeness:
            await self.break_off(rudeness)
        elif self.kind == "ws":
            await self.echo(fields)
        else:
            await self.answer()
        app.note("said", self.name, self.method)

    async def body(self, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding") != "chunked":
            return await self.reader.readexactly(int(fields.get("content-length", "0")))
        pieces = []
        while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
            pieces.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
        await self.reader.readuntil(b"\r\n")
        return b"".join(pieces)

    def whole(self) -> bytes:
        return f"{self.name} {self.app.name} {self.size}\n".encode() + payload(self.name, self.size)

    def head(self, framing: str) -> bytes:
        close = "Connection: close\r\n" if self.app.ending else ""
        return f"HTTP/1.1 200 X\r\nX-Name: {self.name}\r\n{close}{framing}\r\n\r\n".encode()

    async def answer(self) -> None:
        whole = self.whole()
        if self.kind == "plain":
            out = self.head(f"Content-Length: {len(whole)}")
            self.writer.write(out if self.method == "HEAD" else out + whole)
        else:
            self.writer.write(self.head("Transfer-Encoding: chunked"))
            step = len(whole) // self.pieces + 1 if self.kind == "stream" else PIECE_BYTES
            for start in range(0, len(whole), step):
                piece = whole[start : start + step]
                self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await self.writer.drain()
                if self.pause:
                    await asyncio.sleep(self.pause)
            self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def break_off(self, word: str) -> None:
        whole = self.whole()
        out = self.head(f"Content-Length: {len(whole)}") + whole
        cuts = {"mute": b"", "head": out[:12], "reset": out[: len(out) - 1], "garbage": b"NONSENSE\r\n\r\n"}
        self.writer.write(cuts[word])
        await asyncio.sleep(0.005)
        reset(self.writer)

    async def echo(self, fields: dict[str, str]) -> None:
        key = fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()  # noqa: S324 - RFC 6455 §4.2.2
        self.writer.write(
            f"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        with suppress(OSError, EOFError):
            while True:
                first, length = await self.reader.readexactly(2)
                mask = await self.reader.readexactly(4)
                data = await self.reader.readexactly(length & 127)
                text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
                reply = text if first & 15 == 8 else f"{self.name} {self.app.name} ".encode() + text
                self.writer.write(bytes((first, len(reply))) + reply)
                await self.writer.drain()
                if first & 15 == 8:
                    break
        self.writer.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--idle", type=float, default=0.0)
    options = parser.parse_args()

    async def serve() -> None:
        await App(options.folder, options.idle).run()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
