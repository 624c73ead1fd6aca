"""The two places a verb writes to: what was asked for goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from readylb.errors import ReadylbError

STDOUT = 1
STDERR = 2


def write(text: str) -> None:
    """Write lines that were asked for; they are seen at once, also through a pipe."""
    with _said():
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line for the user that is not the answer: `readylb: cannot ...`."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def write_bytes(data: bytes, descriptor: int = STDOUT) -> None:
    """Write bytes as they are, at once."""
    with _said():
        while data:
            data = data[os.write(descriptor, data) :]


def open_missing() -> None:
    """Give what nobody opened for us (`readylb ... >&-`) a place that swallows everything.

    Else the first sockets get the numbers 0 to 2, and libuv ends the process when it meets them.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= STDERR:
        descriptor = os.dup(descriptor)
    os.close(descriptor)
    # The interpreter made no stream for a descriptor that was closed when it started.
    sys.stdout = sys.stdout or os.fdopen(STDOUT, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(STDERR, "w", closefd=False)


def swallow() -> None:
    """Let what is still to be written, at exit too, go nowhere instead of failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        swallow()
        msg = f"cannot write the answer: {error.strerror} (see where the output goes)"
        raise ReadylbError(msg) from error
