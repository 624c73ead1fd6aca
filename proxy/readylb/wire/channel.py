"""The channel between control and one worker: ordered, synchronous to send, bytes in between.

Both kinds (in memory, for `--workers 0`, and a Unix socket in `wire.socket_channel`) carry the same
encoded messages, so what works in one process works in two.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from readylb.wire.codec import Message, decode, encode

__all__ = ["Channel", "Message", "Receiver", "memory_channel"]

Receiver = Callable[[Message], None]


class Channel(Protocol):
    """One end."""

    def send(self, message: Message) -> None:
        """Queue a message for the other end; never blocks. After `close` it is dropped."""

    def listen(self, receiver: Receiver) -> None:
        """Hand every message to `receiver`, first those that came before, in the loop's next turn."""

    def close(self) -> None:
        """End both directions; the other end's `listen` sees nothing sent after this."""


def memory_channel() -> tuple[Channel, Channel]:
    """Return the two ends (control's, the worker's) of a channel inside one event loop."""
    control, worker = _MemoryEnd(), _MemoryEnd()
    control.other, worker.other = worker, control
    return control, worker


class _MemoryEnd:
    """Keeps what came as bytes until its turn in the loop; one turn per message."""

    other: _MemoryEnd

    def __init__(self) -> None:
        self._inbox: deque[bytes] = deque()
        self._receiver: Receiver | None = None
        self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<memory channel {state} waiting={len(self._inbox)}>"

    def send(self, message: Message) -> None:
        if not self._closed and not self.other._closed:  # noqa: SLF001 - the other half of the same channel
            self.other._take(encode(message))  # noqa: SLF001 - as above

    def listen(self, receiver: Receiver) -> None:
        self._receiver = receiver
        loop = asyncio.get_running_loop()
        for _ in self._inbox:
            loop.call_soon(self._deliver)

    def close(self) -> None:
        self._closed = True
        self._inbox.clear()

    def _take(self, data: bytes) -> None:
        self._inbox.append(data)
        if self._receiver is not None:
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        if self._receiver is not None and self._inbox:
            self._receiver(decode(self._inbox.popleft()))
