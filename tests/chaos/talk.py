"""What is said over a TCP connection of a chaos run, and the endpoint's side of it.

The client's first words are `RAW NAME KIND` and an empty line; what follows are frames, each its length in
four bytes and so many bytes that follow from NAME and the frame's number. A frame of no bytes is the last,
and behind it the client half-closes. The endpoint says `NAME POD` in a line. What else it says, by KIND:

- `echo`: every frame again, and the last one when the client has half-closed.
- `pour`: when the client has half-closed, a frame of POUR_BYTES, and the last.
- `sink`: nothing, it half-closes at once and goes on to read.

The ledger gets `got` at the first words, `did` when all frames and the half-close have come, `bad` where
they are not right, `eof` where the client's direction ends before its last frame, `torn` where the
connection was reset, `said` behind everything.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from tests.chaos.ask import payload

if TYPE_CHECKING:
    from tests.chaos.app import App

#: Rudenesses that break an answer off; a TCP connection is reset at its first frame by any of them.
BREAKS = ("mute", "head", "reset", "garbage")
POUR_BYTES = 1_500_000
LENGTH_BYTES = 4
LAST = bytes(LENGTH_BYTES)


def frame(name: str, number: int, size: int) -> bytes:
    """Return one frame; `size` is that of its bytes behind the length."""
    return size.to_bytes(LENGTH_BYTES, "big") + payload(f"{name}.{number}", size)


class Talk:
    """One connection, of which the first words were read."""

    def __init__(
        self, app: App, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str, kind: str
    ) -> None:
        self.app = app
        self.reader = reader
        self.writer = writer
        self.name = name
        self.kind = kind

    async def run(self) -> None:
        app, writer = self.app, self.writer
        app.note("got", self.name, self.kind)
        if app.is_rude("deaf"):
            app.note("rude", self.name, "deaf")
            reset(writer)
            return
        rudeness = app.is_rude(*BREAKS)
        await asyncio.sleep(float(app.told("slow") or 0))
        writer.write(f"{self.name} {app.name}\n".encode())
        if self.kind == "sink":
            writer.write_eof()
        if rudeness:
            app.note("rude", self.name, rudeness)
            await self.reader.read(LENGTH_BYTES)
            reset(writer)
            return
        try:
            app.note("did" if await self.hear() else "bad", self.name, self.kind)
            await self.end()
        except asyncio.IncompleteReadError:
            app.note("eof", self.name)
        except ConnectionError:
            app.note("torn", self.name)
        writer.close()

    async def hear(self) -> bool:
        """Take all frames and the half-close; say whether they were right."""
        right, number = True, 0
        while size := int.from_bytes(await self.reader.readexactly(LENGTH_BYTES), "big"):
            data = await self.reader.readexactly(size)
            right = right and data == payload(f"{self.name}.{number}", size)
            number += 1
            if self.kind == "echo":
                self.writer.write(size.to_bytes(LENGTH_BYTES, "big") + data)
                await self.writer.drain()
        return right and not await self.reader.read(1)

    async def end(self) -> None:
        if self.kind == "pour":
            self.writer.write(frame(self.name, 0, POUR_BYTES))
        if self.kind != "sink":
            self.writer.write(LAST)
        await self.writer.drain()
        self.app.note("said", self.name)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
