"""One request of a chaos run, what follows from its name, and what its client was given."""

from __future__ import annotations

from dataclasses import dataclass

#: Bodies up to this size are held for another endpoint (`replay-bytes`).
REPLAY_BYTES = 65536


def payload(name: str, size: int) -> bytes:
    """Return the `size` bytes that follow from a request's name, and from no other's."""
    word = f"{name}|".encode()
    return (word * (size // len(word) + 1))[:size]


@dataclass
class Ask:
    """`outcome` in one word; times in seconds of the monotonic clock, 0: not come to that. One that is
    pipelined begins when it is its turn.

    `answered`: the right answer, whole. `refused`: another status than 200, whole. `cut`: the connection
    ended before the answer did. `wrong`: something that must not be, as `detail` says. `unsent`: pipelined
    behind one after which the connection ended. `left`: the client itself went away. `timeout`: the client
    waited too long. `closed`: a WebSocket that was told to go. `ended`: a TCP connection whose end came too
    early, and looked like an end; `cut` is one that was reset.

    Of a TCP connection the method is `RAW`, the name its client's address, and the kind one of `talk.py`.
    """

    name: str
    service: str
    method: str
    kind: str
    #: Of the request's body; of all that was sent over a TCP connection.
    size: int = 0
    began: float = 0.0
    #: When the first byte of an answer came.
    first: float = 0.0
    ended: float = 0.0
    status: int = 0
    outcome: str = ""
    replica: str = ""
    detail: str = ""

    @property
    def repeatable(self) -> bool:
        """Say whether another endpoint may have it although one has seen it (RFC 9110 §9.2.2)."""
        return self.method != "POST" and self.size <= REPLAY_BYTES

    @property
    def head_out(self) -> bool:
        """Say whether the client has seen a byte of an answer."""
        return self.first > 0
