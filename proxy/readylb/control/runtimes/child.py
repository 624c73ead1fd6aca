"""One process that we started: its group, its exit, its end.

Every child leads a session and a group of its own, so one signal reaches all of it. Its exit is seen
through a pidfd in the event loop (a thread where there is none), and it is reaped only when its group
is no longer needed: as long as the leader is not reaped, its number belongs to nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from readylb.control.runtimes.cgroups import ContainerCgroup
from readylb.errors import RuntimeFailureError

#: Where an isolated pod has its own files.
_PRIVATE = Path("/tmp")  # noqa: S108 - nothing is written there

T = TypeVar("T")


class Entrance(Protocol):
    """The way into a place that is separated from the host's."""

    def within(self, action: Callable[[], T]) -> T:
        """Call `action` where a process that it starts is inside; return what it returns.

        OSError when there is no way in (any more).
        """


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and where. `directory` None means: where readylb was started.

    `declared` is the part of the environment that `$(VAR)` may refer to.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: str | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    entrance: Entrance | None = None
    cgroup: ContainerCgroup | None = None


def watch_exit(pid: int, ended: Callable[[], None]) -> None:
    """Call `ended` once in the running loop when our child `pid` has ended; it is not reaped here."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or a kernel before 5.3
        _watch_in_thread(pid, ended, loop)
        return

    def readable() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        ended()

    loop.add_reader(descriptor, readable)


def _watch_in_thread(pid: int, ended: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
    def wait() -> None:
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(ended)

    threading.Thread(target=wait, name=f"wait-{pid}", daemon=True).start()


class Child:
    """A started process. `exited` is done when the leader has ended; call `reap` afterwards."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Watch a process that was started by `spawn`."""
        self._process = process
        self.pgid = process.pid
        self.exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()
        watch_exit(process.pid, self._ended)

    def __repr__(self) -> str:
        """Show the state."""
        return f"<child {self.pgid} {'exited' if self.exited.done() else 'running'}>"

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, if there is anybody left."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for zombies
            os.killpg(self.pgid, number)

    async def wait(self) -> None:
        """Return in the very turn of the loop after the end was seen; a shield would take one more."""
        await self._over.wait()

    def reap(self) -> int:
        """Take the exit status of the ended leader: its exit code, or minus the signal's number."""
        return self._process.wait()

    def _ended(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)
        self._over.set()


def spawn(
    command: Command,
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
    stderr: int = subprocess.DEVNULL,
) -> Child:
    """Start a process that inherits nothing but the three descriptors, which stay the caller's to close.

    RuntimeFailureError in the words of a container runtime when it cannot be started. It blocks for the
    length of a vfork and exec, about a millisecond.
    """
    if not command.argv:
        msg = "exec: there is no command"
        raise RuntimeFailureError(msg)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - running the user's command is the purpose
            _words(command),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            bufsize=0,
            cwd=command.directory,
            env=command.environment,
            start_new_session=True,
        )

    return Child(_inside(command, start))


def look_up(command: Command) -> None:
    """Return if its executable is there; for one that a shell starts, which would not say why it cannot.

    RuntimeFailureError in the words of a container runtime.
    """
    _inside(command, lambda: _find(command))


def _inside(command: Command, action: Callable[[], T]) -> T:
    try:
        return action() if command.entrance is None else command.entrance.within(action)
    except (OSError, ValueError) as error:
        msg = _why(command, error)
        raise RuntimeFailureError(msg) from error


def _words(command: Command) -> tuple[str, ...]:
    if command.cgroup is None:
        return command.argv
    _find(command)
    return command.cgroup.wrapped(command.argv)


def _find(command: Command) -> None:
    """OSError as the system would say it when there is nothing to execute."""
    name = command.argv[0]
    where = Path(command.directory or ".") / name if "/" in name else name
    if shutil.which(where, path=command.environment.get("PATH")) is None:
        number = errno.EACCES if "/" in name and Path(where).exists() else errno.ENOENT
        raise OSError(number, os.strerror(number), name)


def _why(command: Command, error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):  # a NUL byte
        return f"exec: {error}"
    reason = (error.strerror or str(error)).lower()
    if command.directory is not None and error.filename == command.directory:
        return f"workingDir {command.directory!r}: {reason}{_hint(command, command.directory, error)}"
    name = command.argv[0]
    if isinstance(error, FileNotFoundError) and "/" not in name:
        reason = "executable file not found in $PATH"
    here = shutil.which(name, path=command.environment.get("PATH"))
    return f'exec: "{name}": {reason}{_hint(command, here, error)}'


def _hint(command: Command, here: str | None, error: OSError) -> str:
    """Return why a pod misses what this machine has, where that is known: it has its own /tmp."""
    if command.entrance is None or not here or not isinstance(error, FileNotFoundError):
        return ""
    hidden = Path(here).exists() and Path(here).absolute().is_relative_to(_PRIVATE)
    return f" ({here} is in this machine's {_PRIVATE}, and an isolated pod has its own)" if hidden else ""
