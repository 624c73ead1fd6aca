"""Two system calls that Python has from 3.12 on only: unshare(2) and setns(2).

Both speak of the calling thread, which is what makes them usable here: see `inside`.
"""

from __future__ import annotations

import ctypes
import os

# linux/sched.h
CLONE_FS = 0x00000200
CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

#: All that a pod has of its own.
POD = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

_LIBC = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Give this thread something of its own. OSError when it may not, or the kernel cannot."""
    _check(_LIBC.unshare(flags), "unshare")


def setns(pidfd: int, flags: int) -> None:
    """Move this thread into a process's namespaces (Linux 5.8). OSError: ESRCH when that has ended."""
    _check(_LIBC.setns(pidfd, flags), "setns")


def _check(result: int, name: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
