"""Runs a command inside a container's surroundings and waits for it: exec probes, hooks."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from readylb.control.runtimes.child import Child, Command, spawn
from readylb.control.runtimes.guard import Guard
from readylb.control.runtimes.marks import MARKS_VISIBLE
from readylb.control.runtimes.pipe_reader import PipeReader
from readylb.control.runtimes.runtime import ExecResult

#: How long a killed command may take to be gone, in seconds, before it is left to be reaped later (one
#: that hangs in the kernel must not hang its probe).
KILL_SECONDS = 1.0


async def exec_sync(command: Command, guard: Guard, timeout_seconds: float, limit: int) -> ExecResult:
    """Run a command; its end is the end of its leader *and* of its output.

    A command that ends but leaves a child holding its output therefore counts by the timeout, as with
    the container runtimes (pkg/probe/exec). RuntimeFailureError when it cannot be started.
    """
    readers, writers = _pipes()
    try:
        child = spawn(command, stdout=writers[0], stderr=writers[1])
    except BaseException:
        _close(readers)
        raise
    finally:
        _close(writers)
    guard.add(child.pgid)
    return await _Command(child, readers, limit).run(timeout_seconds, guard)


class _Command:
    """A running command and the beginning of what it says."""

    def __init__(self, child: Child, descriptors: tuple[int, int], limit: int) -> None:
        self._child = child
        self._limit = limit
        self._output = (bytearray(), bytearray())
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open = len(descriptors)
        self._readers = [
            PipeReader(descriptor, self._taker(kept), self._stream_ended)
            for descriptor, kept in zip(descriptors, self._output, strict=True)
        ]

    async def run(self, timeout_seconds: float, guard: Guard) -> ExecResult:
        ending = [self._child.exited, self._ended]
        try:
            _, pending = await asyncio.wait(ending, timeout=timeout_seconds)
        finally:
            code = await self._end(guard)
        output = bytes(b"".join(self._output)[: self._limit])
        return ExecResult(128 - code if code < 0 else code, output, timed_out=bool(pending))

    async def _end(self, guard: Guard) -> int:
        """Kill what is left if it did not end by itself; reap it, now or when it can be reaped."""
        child = self._child
        if not (child.exited.done() and self._ended.done()):
            child.signal_group(signal.SIGKILL)
            await asyncio.wait([child.exited], timeout=KILL_SECONDS)
        for reader in self._readers:
            reader.close(drain=True)
        if child.exited.done():
            return _reap(child, guard)
        child.exited.add_done_callback(lambda _: _reap(child, guard))
        return -signal.SIGKILL

    def _taker(self, kept: bytearray) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            kept.extend(data[: self._limit - len(kept)])

        return take

    def _stream_ended(self) -> None:
        self._open -= 1
        if self._open == 0 and not self._ended.done():
            self._ended.set_result(None)


def _reap(child: Child, guard: Guard) -> int:
    if not MARKS_VISIBLE:  # else what it left in the background ends with the container, by its mark
        child.signal_group(signal.SIGKILL)
    guard.remove(child.pgid)
    return child.reap()


def _pipes() -> tuple[tuple[int, int], tuple[int, int]]:
    out_reader, out_writer = os.pipe()
    err_reader, err_writer = os.pipe()
    return (out_reader, err_reader), (out_writer, err_writer)


def _close(descriptors: tuple[int, int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
