"""An interactive command inside a container: pipes, or a terminal of its own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import termios
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from readylb.control.runtimes.child import Child, Command, look_up, spawn
from readylb.control.runtimes.guard import Guard
from readylb.control.runtimes.pipe_reader import PipeReader
from readylb.control.runtimes.pipe_writer import PipeWriter
from readylb.errors import RuntimeFailureError

STDOUT, STDERR = 1, 2

#: Chunks of output kept for a slow reader before the command's pipes are left to fill.
_WAITING = 16

#: Opens the terminal as the new session's first: that makes it the controlling one, so that Ctrl-C
#: reaches the command. The same by ioctl would need Python code between fork and exec.
_ON_TERMINAL = ("/bin/sh", "-c", ': <>"$0"; exec "$@"')

#: End of transmission: what a terminal's user types to end the input.
_EOT = b"\x04"


class ProcessExecSession:
    """A running command. Made by `open_pipes` or `open_terminal`."""

    def __init__(
        self,
        child: Child,
        streams: dict[int, int],
        stdin: PipeWriter | None,
        guard: Guard,
        terminal: int | None,
    ) -> None:
        """Take over a child, the descriptors of its output by stream, and its input."""
        self._child = child
        self._stdin = stdin
        self._guard = guard
        self._terminal = terminal
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._more = asyncio.Event()
        self._open = len(streams)
        self._code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._readers = [
            PipeReader(descriptor, self._taker(stream), self._stream_ended)
            for stream, descriptor in streams.items()
        ]
        guard.add(child.pgid)
        child.exited.add_done_callback(lambda _: self._exited())

    async def read(self) -> tuple[int, bytes] | None:
        """Return (1 or 2, bytes) from stdout or stderr; None when both have ended."""
        while not self._chunks:
            if self._open == 0:
                return None
            self._more.clear()
            await self._more.wait()
        chunk = self._chunks.popleft()
        if len(self._chunks) < _WAITING:
            for reader in self._readers:
                reader.resume()
        return chunk

    def write(self, data: bytes) -> None:
        """Send to its stdin."""
        if self._stdin is not None:
            self._stdin.write(data)

    def close_stdin(self) -> None:
        """End its stdin."""
        if self._stdin is None:
            return
        if self._terminal is not None:
            self._stdin.write(_EOT)
        else:
            self._stdin.close()

    def resize(self, rows: int, columns: int) -> None:
        """Tell its terminal, if it has one, its size."""
        if self._terminal is not None:
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    async def wait(self) -> int:
        """Return its exit status, 128 + signal when a signal ended it."""
        await asyncio.wait([self._code])
        return self._code.result()

    async def kill(self) -> None:
        """SIGKILL its whole group and wait until it is gone."""
        if not self._code.done():
            self._child.signal_group(signal.SIGKILL)
        await self.wait()

    def _taker(self, stream: int) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            self._chunks.append((stream, data))
            self._more.set()
            if len(self._chunks) >= _WAITING:
                for reader in self._readers:
                    reader.pause()

        return take

    def _stream_ended(self) -> None:
        self._open -= 1
        self._more.set()

    def _exited(self) -> None:
        """End the streams too: what the command left in the background may hold them for ever."""
        code = self._child.reap()
        self._guard.remove(self._child.pgid)
        for reader in self._readers:
            reader.close(drain=True)
        if self._stdin is not None:
            self._stdin.abort()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None
        self._code.set_result(128 - code if code < 0 else code)


def open_pipes(command: Command, guard: Guard, *, stdin: bool) -> ProcessExecSession:
    """Start a command with its streams apart. RuntimeFailureError when it could not be started."""
    reading: list[int] = []
    writing: list[int] = []
    for _ in (STDOUT, STDERR):
        reader, writer = os.pipe()
        reading.append(reader)
        writing.append(writer)
    source, sink = os.pipe() if stdin else (subprocess.DEVNULL, None)
    try:
        child = spawn(command, stdin=source, stdout=writing[0], stderr=writing[1])
    except RuntimeFailureError:
        _close(*reading, sink)
        raise
    finally:
        _close(*writing, source if stdin else None)
    streams = {STDOUT: reading[0], STDERR: reading[1]}
    return ProcessExecSession(child, streams, PipeWriter(sink) if sink is not None else None, guard, None)


def open_terminal(command: Command, guard: Guard, *, stdin: bool) -> ProcessExecSession:
    """Start a command on a terminal of its own. RuntimeFailureError when it could not be started."""
    look_up(command)
    ours, theirs = os.openpty()
    on_terminal = replace(command, argv=(*_ON_TERMINAL, os.ttyname(theirs), *command.argv))
    try:
        child = spawn(on_terminal, stdin=theirs, stdout=theirs, stderr=theirs)
    except RuntimeFailureError:
        _close(ours)
        raise
    finally:
        _close(theirs)  # held by us too, the end of the command's output would never be seen
    writer = PipeWriter(os.dup(ours)) if stdin else None
    return ProcessExecSession(child, {STDOUT: os.dup(ours)}, writer, guard, ours)


def _close(*descriptors: int | None) -> None:
    for descriptor in descriptors:
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)
