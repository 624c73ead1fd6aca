"""What this program does to its own process before it serves."""

from __future__ import annotations

import ctypes
import gc
import resource
import signal
import sys

#: linux/prctl.h
_PR_SET_PDEATHSIG = 1

#: For a process that makes much that stays: looking through so few takes some milliseconds. What was left
#: is looked through after a million, as by default below: that takes a tenth of a second.
FEW_AT_A_TIME = (5_000, 200)


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one; return it. Each connection is one file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def settle_memory(young: tuple[int, int] = (50_000, 20)) -> None:
    """Take the collector out of the tail: what exists now lives for ever, and is not scanned again.

    `young`: so many objects more than before are looked through, and after so many times those that were
    left then.
    """
    gc.collect()
    keep_for_ever()
    gc.set_threshold(*young, 100)


def keep_for_ever() -> None:
    """Have the collector leave out what exists now. That takes no time; looking through it would."""
    gc.freeze()


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it has ended (Linux, prctl(2)).

    For a worker that cannot see the end of its channel, because it is stopped or hangs. Its parent
    starts it from the main thread, it changes no user and starts nobody, so the weaknesses of this
    signal do not matter here.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
