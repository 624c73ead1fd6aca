"""Being in other namespaces for a moment: in a thread, because namespaces are a thread's own on Linux.

A thread enters, starts a process, and ends. The process is our child like any other (its exit status,
its signals and its pidfd need nothing new), costs no second process beside it, as `nsenter` would, and
no Python code between fork and exec.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from typing import TypeVar

from readylb.control.runtimes.isolation import syscalls

T = TypeVar("T")


class PodEntrance:
    """The way into the namespaces of a pod's first process."""

    def __init__(self, pidfd: int | None) -> None:
        """Take over a descriptor of the process; None: a way in that is closed."""
        self._pidfd = pidfd

    @classmethod
    def to(cls, pid: int) -> PodEntrance:
        """Return the way in to a process that has not been reaped. OSError when it cannot be held."""
        return cls(os.pidfd_open(pid))

    def within(self, action: Callable[[], T]) -> T:
        """Call `action` where children are inside the pod, in the working directory of readylb.

        OSError when the pod's first process has ended.
        """
        folder = working_folder()

        def enter() -> T:
            syscalls.unshare(syscalls.CLONE_FS)  # so that the working directory is this thread's own
            syscalls.setns(self._held(), syscalls.POD)
            _go_to(folder)
            return action()

        return in_thread(enter)

    def within_network(self, action: Callable[[], T]) -> T:
        """Call `action` in the pod's network only."""

        def enter() -> T:
            syscalls.setns(self._held(), syscalls.CLONE_NEWNET)
            return action()

        return in_thread(enter)

    def is_open(self) -> bool:
        """Say whether there is a way in: not from the moment on in which the first process is killed.

        It may not have ended then: it waits for all others to be reaped (pid_namespaces(7)).
        """
        try:
            self.within_network(lambda: None)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the process."""
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def _held(self) -> int:
        if self._pidfd is None:
            raise ProcessLookupError(errno.ESRCH, "the pod's namespaces are gone")
        return self._pidfd


def in_thread(action: Callable[[], T]) -> T:
    """Call `action` in a thread that ends with it, and wait; what it raises is raised here."""
    results: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            results.append(action())
        except BaseException as fault:  # noqa: BLE001 - it is raised in the thread that waits
            faults.append(fault)

    thread = threading.Thread(target=run, name="inside")
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return results[0]


def working_folder() -> str:
    """Return where readylb was started; the root when that is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - a Path is of no use here
    except FileNotFoundError:
        return "/"


def _go_to(folder: str) -> None:
    """Where the pod does not have that folder, its root must do."""
    try:
        os.chdir(folder)
    except OSError:
        os.chdir("/")
