"""The channel between control and one worker: ordered, synchronous to send, bytes in between.

Both kinds (in memory, for `--workers 0`, and a Unix socket) carry the same encoded messages, so
what works in one process works in two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from readylb.wire.messages import ToControl, ToWorker

Message = ToWorker | ToControl
Receiver = Callable[[Message], None]


class Channel(Protocol):
    """One end."""

    def send(self, message: Message) -> None:
        """Queue a message for the other end; never blocks. After `close` it is dropped."""

    def listen(self, receiver: Receiver) -> None:
        """Hand every message to `receiver`, first those that came before, in the loop's next turn."""

    def close(self) -> None:
        """End both directions; the other end's `listen` sees nothing more."""
