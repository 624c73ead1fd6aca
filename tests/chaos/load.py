"""Clients of every habit, which ask until told to stop and remember what became of each request."""

from __future__ import annotations

import base64
import random
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from tests.chaos.ask import Ask, payload
from tests.chaos.connection import PATIENCE_SECONDS, Connection, CutError, WrongError
from tests.chaos.talker import Talker

#: What a client is: each Service has one of every kind.
HABITS = ("keep", "keep", "close", "pipeline", "large", "stream", "websocket", "race", "impatient")
#: The port whose clients talk as in `talk.py`, and their habits.
TCP = "tcp"
TALKERS = ("echo", "echo", "bulk", "long", "long", "sink", "pour", "leave")
#: Between two requests of a client, in seconds. `race` asks again when endpoints close idle connections.
PAUSES: Mapping[str, tuple[float, float]] = {
    "race": (0.45, 0.55),
    "websocket": (0.1, 0.4),
    "large": (0.05, 0.2),
}
USUAL_PAUSE = (0.02, 0.08)


class Load:
    """Clients of all `HABITS` for each Service; `ports` are the Services', that of `tcp` has talkers."""

    def __init__(self, ports: Mapping[str, int], seed: int) -> None:
        self.asks: list[Ask] = []
        self._stop = threading.Event()
        runs = [
            Client(self, service, port, f"{habit}{index}", seed).run
            for service, port in ports.items()
            if service != TCP
            for index, habit in enumerate(HABITS)
        ]
        runs += [Talker(self, ports[TCP], name, index, seed).run for index, name in enumerate(TALKERS)]
        self._threads = [threading.Thread(target=run, daemon=True) for run in runs]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + 10)

    @property
    def stuck(self) -> int:
        """Return how many clients have not ended, or died."""
        return sum(thread.is_alive() for thread in self._threads)

    def pause(self, seconds: float) -> bool:
        """Wait; say whether to go on."""
        return not self._stop.wait(seconds)


class Client:
    """One of them, with a stream of random choices of its own."""

    def __init__(self, load: Load, service: str, port: int, name: str, seed: int) -> None:
        self.load = load
        self.service = service
        self.port = port
        self.name = f"{service}-{name}"
        self.habit = name.rstrip("0123456789")
        self.rng = random.Random(f"{seed} {self.name}")
        self.number = 0
        self.connection: Connection | None = None

    def run(self) -> None:
        acts = {"pipeline": self.pipeline, "websocket": self.websocket, "impatient": self.leave}
        act = acts.get(self.habit, self.one)
        while self.load.pause(self.rng.uniform(*PAUSES.get(self.habit, USUAL_PAUSE))):
            try:
                act()
            except (OSError, WrongError) as fault:
                # Nobody can connect, or bytes came that nobody had asked for.
                self.drop()
                self.load.asks.append(
                    self.ask("-", "-", outcome="wrong", detail=f"{type(fault).__name__}: {fault}")
                )
        self.drop()

    # what they do

    def one(self) -> None:
        """Ask once, over the connection there is unless the habit is another."""
        ask, data = self.draw()
        alone = self.habit == "close"
        if alone:
            self.drop()
        connection = self.open()
        ask.began = time.monotonic()
        connection.send(data)
        if alone and self.rng.random() < 0.3:
            with_end(connection)
        self.hear(connection, ask)
        if alone:
            self.drop()

    def pipeline(self) -> None:
        """Ask several times in one go."""
        drawn = [self.draw() for _ in range(self.rng.randint(2, 5))]
        connection = self.open()
        began = time.monotonic()
        connection.send(b"".join(data for _, data in drawn))
        for ask, _ in drawn:
            ask.began = began
            if self.connection is not connection or connection.last:
                ask.outcome, ask.ended = "unsent", time.monotonic()
                self.load.asks.append(ask)
            else:
                self.hear(connection, ask)
                # The next one's turn comes now, however long ago it was said.
                began = ask.ended

    def leave(self) -> None:
        """Ask, and do not wait for the end of the answer."""
        ask, data = self.draw()
        self.drop()
        connection = self.open()
        ask.began = time.monotonic()
        connection.send(data[: self.rng.randint(1, len(data))] if self.rng.random() < 0.5 else data)
        self.load.pause(self.rng.choice((0.0, 0.001, 0.01)))
        self.drop()
        ask.outcome, ask.ended = "left", time.monotonic()
        self.load.asks.append(ask)

    def websocket(self) -> None:
        """Switch protocols, say some words, hear them again."""
        ask = self.ask("GET", "ws")
        key = base64.b64encode(self.rng.randbytes(16)).decode()
        self.drop()
        connection = self.open()
        ask.began = time.monotonic()
        fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        fields += f"Sec-WebSocket-Key: {key}\r\n"
        connection.send(head("GET", f"/ws/{ask.name}/0", fields))
        self.hear(connection, ask)
        if ask.outcome == "answered":
            try:
                self.talk(connection, ask)
            except (CutError, TimeoutError) as fault:
                ask.outcome, ask.detail = "cut", f"in the tunnel: {fault}"
            ask.ended = time.monotonic()
        self.drop()

    def talk(self, connection: Connection, ask: Ask) -> None:
        for number in range(self.rng.randint(1, 6)):
            text = f"{number}".encode()
            connection.send(frame(1, text))
            first, length = connection.exactly(2)
            reply = connection.exactly(length)
            if first & 15 == 8:
                ask.outcome, ask.detail = "closed", repr(reply)
                return
            if not reply.startswith(f"{ask.name} ".encode()) or reply.split(b" ")[2] != text:
                ask.outcome, ask.detail = "wrong", f"in the tunnel: {reply[:100]!r}"
                return
            ask.replica = reply.split(b" ")[1].decode()
            self.load.pause(self.rng.uniform(0.0, 0.3))
        connection.send(frame(8, b"\x03\xe8"))
        # Who does not wait for the other's Close (RFC 6455 §7.1.1) is gone, as the log says.
        first, length = connection.exactly(2)
        connection.exactly(length)
        if first & 15 != 8:
            ask.outcome, ask.detail = "wrong", f"no Close: {first:#x}"

    # how they do it

    def draw(self) -> tuple[Ask, bytes]:
        """Draw a request; return it and its bytes."""
        rng = self.rng
        large = self.habit == "large" or (self.habit == "impatient" and rng.random() < 0.2)
        method = rng.choices(("GET", "POST", "PUT", "HEAD"), (5, 8 if self.habit == "race" else 4, 1, 0.5))[0]
        kind = rng.choice(("plain", "chunked")) if self.habit != "stream" else "stream"
        size = 0
        if method in {"POST", "PUT"}:
            size = rng.choice((70_000, 300_000, 1_000_000) if large else (0, 1, 500, 20_000))
        wanted = rng.choice((100_000, 400_000, 2_000_000, 8_000_000) if large else (0, 10, 1000, 40_000))
        if method == "HEAD":
            kind = "plain"
        if kind == "stream":
            wanted = rng.choice((100, 5000))
        ask = self.ask(method, kind, size=size)
        more = f"/{rng.randint(2, 8)}/{rng.randint(5, 80)}" if kind == "stream" else ""
        body = payload(ask.name, size)
        close = self.habit == "close" and rng.random() < 0.5
        fields = f"X-Size: {size}\r\n" + ("Connection: close\r\n" if close else "")
        if size and rng.random() < 0.3:
            fields += "Transfer-Encoding: chunked\r\n"
            body = chunked(body)
        elif method in {"POST", "PUT"}:
            fields += f"Content-Length: {size}\r\n"
        return ask, head(method, f"/{kind}/{ask.name}/{wanted}{more}", fields) + body

    def ask(self, method: str, kind: str, *, size: int = 0, outcome: str = "", detail: str = "") -> Ask:
        self.number += 1
        now = time.monotonic()
        name = f"{self.name}-{self.number}"
        return Ask(name, self.service, method, kind, size, now, outcome=outcome, detail=detail)

    def open(self) -> Connection:
        """Return the connection there is, or a new one."""
        if self.connection is not None and not self.connection.is_usable():
            self.drop()
        if self.connection is None:
            self.connection = Connection(self.port)
        return self.connection

    def drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def hear(self, connection: Connection, ask: Ask) -> None:
        """Read the answer and say what it was."""
        try:
            ask.status, fields, body = connection.answer(ask.method)
            judge(ask, fields, body)
        except CutError as fault:
            ask.outcome, ask.detail = "cut", str(fault)
        except TimeoutError:
            ask.outcome = "timeout"
        except (WrongError, ValueError) as fault:
            ask.outcome, ask.detail = "wrong", str(fault)
        ask.first, ask.ended = connection.first, time.monotonic()
        self.load.asks.append(ask)
        if ask.outcome in {"cut", "timeout", "wrong"}:
            self.drop()


def judge(ask: Ask, fields: Mapping[str, str], body: bytes) -> None:
    """Note whether an answer is the one that belongs to the request."""
    if ask.status == 101:
        ask.outcome = "answered" if ask.kind == "ws" else "wrong"
        return
    if ask.status != 200:
        ask.outcome, ask.detail = "refused", body.decode(errors="replace").strip()
        return
    if ask.method == "HEAD":
        ask.outcome = "answered" if fields.get("x-name") == ask.name else "wrong"
        return
    line, _, rest = body.partition(b"\n")
    words: Sequence[str] = line.decode(errors="replace").split(" ")
    right = len(words) == 3 and words[0] == fields.get("x-name") == ask.name
    if right and rest == payload(ask.name, int(words[2])):
        ask.outcome, ask.replica = "answered", words[1]
    else:
        ask.outcome = "wrong"
        ask.detail = f"X-Name {fields.get('x-name')}, {line[:100]!r} and {len(rest)} bytes"


def head(method: str, target: str, fields: str) -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: chaos\r\n{fields}\r\n".encode()


def chunked(body: bytes) -> bytes:
    """Return a body in chunks of up to 30,000 bytes."""
    pieces = [body[start : start + 30_000] for start in range(0, len(body), 30_000)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def frame(opcode: int, data: bytes) -> bytes:
    """Return a final frame, masked with zeros (RFC 6455 §5.3)."""
    return bytes((0x80 | opcode, 0x80 | len(data))) + bytes(4) + data


def with_end(connection: Connection) -> None:
    """Say that nothing more will be sent."""
    try:
        connection.socket.shutdown(socket.SHUT_WR)
    except OSError:
        # It was answered and closed already.
        return
