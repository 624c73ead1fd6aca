"""What a restart hook may be told of what an endpoint has said."""

from __future__ import annotations

#: A probe's output may have 10 KiB; an environment variable or a log line need not, in characters.
MESSAGE_CHARACTERS = 1024


def sanitized(output: str) -> str:
    """Return a probe's output as one line of printable text, cut.

    An endpoint's words are not to be trusted: they go into environments (which have no NUL), documents
    and other people's logs.
    """
    words = " ".join(output[: 4 * MESSAGE_CHARACTERS].split())
    shown = "".join(char if char.isprintable() else "?" for char in words)
    return shown[:MESSAGE_CHARACTERS]
