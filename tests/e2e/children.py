"""Children that end when the tests do, however these end: not even SIGKILL leaves anything behind."""

from __future__ import annotations

import ctypes
import signal
import subprocess
from typing import Any

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_child(
    words: list[str], *, last_word: signal.Signals = signal.SIGKILL, **more: Any
) -> subprocess.Popen[bytes]:
    """Start a process that gets the signal `last_word` when these tests have ended without ending it."""

    def ask() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, last_word)

    # One system call, in a process of few threads.
    return subprocess.Popen(words, preexec_fn=ask, **more)  # noqa: PLW1509  # see above
