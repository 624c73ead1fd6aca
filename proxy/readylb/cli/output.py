"""The two places a verb writes to: what was asked for goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys

STDOUT = 1


def write(text: str) -> None:
    """Write lines that were asked for; they are seen at once, also through a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line for the user that is not the answer: `readylb: cannot ...`."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def write_bytes(data: bytes, descriptor: int = STDOUT) -> None:
    """Write bytes as they are, at once."""
    while data:
        data = data[os.write(descriptor, data) :]
