"""Clients of the TCP port: each connection is a talk as in `talk.py`, read strictly.

A connection has an address of 127.0.0.0/8 of its own, by which the access log knows it.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.ask import Ask, payload
from tests.chaos.connection import PATIENCE_SECONDS, Connection, CutError, EndError, WrongError
from tests.chaos.talk import LAST, LENGTH_BYTES, POUR_BYTES, frame

if TYPE_CHECKING:
    from tests.chaos.load import Load


@dataclass(frozen=True)
class Habit:
    """How a client talks; pauses, between two frames and two talks, in seconds and up to so many."""

    kind: str
    most_frames: int
    sizes: Sequence[int]
    pause: float = 0.0
    rest: float = 0.2


HABITS: Mapping[str, Habit] = {
    "echo": Habit("echo", 6, (1, 100, 5000, 60_000), rest=0.1),
    "bulk": Habit("echo", 12, (30_000, 300_000, 1_000_000)),
    "long": Habit("echo", 40, (10, 2000), pause=1.0),
    "sink": Habit("sink", 10, (10, 60_000, 300_000), pause=0.2),
    "pour": Habit("pour", 0, ()),
    "leave": Habit("echo", 12, (100, 60_000), pause=0.02),
}


class Talker:
    """One client, the `index`th, with a stream of random choices of its own."""

    def __init__(self, load: Load, port: int, name: str, index: int, seed: int) -> None:
        self.load = load
        self.port = port
        self.leaves = name == "leave"
        self.habit = HABITS[name]
        self.rng = random.Random(f"{seed} {name} {index}")
        self.index = index
        self.number = 0

    def run(self) -> None:
        while self.load.pause(self.rng.uniform(0.02, self.habit.rest)):
            self.number += 1
            address = f"127.{10 + self.index}.{self.number // 250}.{self.number % 250 + 1}"
            ask = Ask(address, "web", "RAW", self.habit.kind, began=time.monotonic())
            try:
                connection = Connection(self.port, address)
            except ConnectionResetError as fault:
                ask.outcome, ask.detail = "cut", f"as soon as it was connected: {fault}"
            except OSError as fault:
                ask.outcome, ask.detail = "wrong", f"nobody can connect: {fault}"
            else:
                self.talk(connection, ask)
                connection.close()
            ask.ended = time.monotonic()
            self.load.asks.append(ask)

    def talk(self, connection: Connection, ask: Ask) -> None:
        """Say everything while the answer is read; say what became of it."""
        habit, rng = self.habit, self.rng
        sizes = [rng.choice(habit.sizes) for _ in range(rng.randint(0, habit.most_frames))]
        frames = [frame(ask.name, number, size) for number, size in enumerate(sizes)]
        first = f"RAW {ask.name} {ask.kind}\r\n\r\n".encode()
        ask.size = len(first) + sum(map(len, frames)) + len(LAST)
        if self.leaves:
            self.leave(connection, b"".join((first, *frames)))
            ask.outcome = "left"
            return
        mouth = Mouth(
            connection, [first, *frames, LAST], rng.uniform(0, habit.pause), waits=ask.kind == "sink"
        )
        mouth.start()
        try:
            hear(connection, ask, sizes, mouth)
            ask.outcome = "answered"
        except TimeoutError:
            ask.outcome = "timeout"
        except EndError as fault:
            ask.outcome, ask.detail = "ended", str(fault)
        except (CutError, OSError) as fault:
            ask.outcome, ask.detail = "cut", str(fault)
        except WrongError as fault:
            ask.outcome, ask.detail = "wrong", str(fault)
        if ask.outcome != "answered":
            connection.wake()
        mouth.stop()
        if ask.outcome == "ended" and isinstance(mouth.fault, ConnectionResetError):
            # A reset is told once, to whoever does something first.
            ask.outcome = "cut"

    def leave(self, connection: Connection, words: bytes) -> None:
        """Say a part, and be gone without a word."""
        with suppress(ConnectionError):
            connection.socket.send(words[: self.rng.randint(1, len(words))])
        self.load.pause(self.rng.uniform(0, 0.1))
        connection.reset()


def hear(connection: Connection, ask: Ask, sizes: Sequence[int], mouth: Mouth) -> None:
    """Read an answer to its end. Raises CutError, WrongError, OSError."""
    name, ask.replica = connection.line().decode(errors="replace").split(" ")
    ask.first = time.monotonic()
    expected = {"echo": [*enumerate(sizes)], "pour": [(0, POUR_BYTES)], "sink": []}[ask.kind]
    for number, size in expected:
        length = int.from_bytes(connection.exactly(LENGTH_BYTES), "big")
        if length != size or connection.exactly(size) != payload(f"{ask.name}.{number}", size):
            msg = f"frame {number} is not the one of {size} bytes"
            raise WrongError(msg)
    last = connection.exactly(LENGTH_BYTES) if ask.kind != "sink" else LAST
    if name != ask.name or last != LAST or not connection.is_ended():
        msg = f"{name!r}, {last!r} or bytes behind the end"
        raise WrongError(msg)
    mouth.ended.set()
    mouth.join(PATIENCE_SECONDS)
    if mouth.fault is not None:
        raise mouth.fault


class Mouth(threading.Thread):
    """Says `words`, with a pause between two, and half-closes; where it `waits`, it hears the end before."""

    def __init__(self, connection: Connection, words: Sequence[bytes], pause: float, *, waits: bool) -> None:
        super().__init__(daemon=True)
        self.connection = connection
        self.words = words
        self.pause = pause
        self.waits = waits
        #: The other direction has ended.
        self.ended = threading.Event()
        #: Why not everything was said.
        self.fault: OSError | None = None
        self._silent = threading.Event()

    def run(self) -> None:
        try:
            for word in self.words:
                if word is LAST and self.waits:
                    self.ended.wait(PATIENCE_SECONDS)
                self.connection.socket.sendall(word)
                if self._silent.wait(self.pause):
                    return
            self.connection.socket.shutdown(socket.SHUT_WR)
        except OSError as fault:
            self.fault = fault

    def stop(self) -> None:
        """Say no more."""
        self._silent.set()
        self.ended.set()
        self.join(PATIENCE_SECONDS)
