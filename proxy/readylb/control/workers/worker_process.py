"""One worker as a process of its own: starts it with its end of a socket pair, hears it, ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from readylb.control.runtimes.child import Child, Command, spawn
from readylb.wire.channel import Message, Receiver
from readylb.wire.socket_channel import SocketChannel

#: A worker that has closed its channel is about to end; so long it may take, in seconds.
_LEAVING_SECONDS = 1.0


class WorkerProcess(Protocol):
    """A started worker."""

    @property
    def pid(self) -> int:
        """The process id."""

    def send(self, message: Message, sockets: Sequence[socket.socket] = ()) -> None:
        """Queue a message, with sockets; never blocks."""

    def kill(self) -> None:
        """End it at once."""

    async def ended(self) -> str:
        """Return how it ended, in words, when it has."""


#: Starts worker number N, whose messages go to the receiver. RuntimeFailureError when it cannot.
Start = Callable[[int, Receiver], WorkerProcess]


def process_starter(log_format: str) -> Start:
    """Return what starts workers as child processes of this one."""

    def start(number: int, receiver: Receiver) -> WorkerProcess:
        ours, theirs = socket.socketpair()
        words = ("--id", str(number), "--log-format", log_format)
        command = Command((sys.executable, "-P", "-m", "readylb.app.worker", *words), _environment())
        try:
            child = spawn(command, stdin=theirs.fileno(), stdout=1, stderr=2)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return _Process(child, ours, receiver)

    return start


def _environment() -> dict[str, str]:
    """Return ours, with modules found where we find them; `-P` keeps the current folder out otherwise."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(item or "." for item in sys.path)}


class _Process:
    def __init__(self, child: Child, ours: socket.socket, receiver: Receiver) -> None:
        self._child = child
        self._channel = SocketChannel(ours, self._lost)
        self._channel.listen(receiver)

    def __repr__(self) -> str:
        return f"<worker process {self._child!r} {self._channel!r}>"

    @property
    def pid(self) -> int:
        return self._child.pgid

    def send(self, message: Message, sockets: Sequence[socket.socket] = ()) -> None:
        self._channel.send(message, sockets)

    def kill(self) -> None:
        self._child.signal_group(signal.SIGKILL)

    async def ended(self) -> str:
        await asyncio.shield(self._child.exited)
        await self._channel.closed()  # by the kernel with the process; what it said last is read before
        code = self._child.reap()
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"exit code {code}"

    def _lost(self) -> None:
        """End a worker that can be told nothing any more, unless it is about to end by itself."""
        asyncio.get_running_loop().call_later(_LEAVING_SECONDS, self._end)

    def _end(self) -> None:
        if not self._child.exited.done():
            self.kill()
