"""The rest of a long response body, moved from socket to socket inside the kernel (Linux's splice).

Copying a body into this program and out again is nearly all that it costs. What is left of a long one goes
through a pipe instead, and only its length passes by here. HAProxy calls the same `option splice-response`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from readylb.data.flow import SPLICED, hold

if TYPE_CHECKING:
    from readylb.data.forwarder import Exchange
    from readylb.data.upstream import Upstream

#: A body of which so much is still to come is a long one. With 1 MiB, to begin and to end costs what is won.
LONG_BYTES: Final = 4194304
#: What a pipe is asked to hold; who may not have that has 64 KiB.
_PIPE_BYTES: Final = 1048576
#: As many at a time for each Service port, for the sake of the kernel's memory.
_MOST: Final = 64


class Splice:
    """Moves what is left of the body of `upstream`, whose transport does not read meanwhile.

    The event loop watches a duplicate of each socket, because the transports have the sockets themselves.
    """

    __slots__ = (
        "_exchange",
        "_fill",
        "_from",
        "_in_pipe",
        "_loop",
        "_pour",
        "_to",
        "_upstream",
        "_writing",
        "deadline",
    )

    def __init__(self, upstream: Upstream, exchange: Exchange, files: Sequence[int]) -> None:
        """Own `files`: where to read, where to write, and the two ends of the pipe between them."""
        self._upstream = upstream
        self._exchange = exchange
        self._loop = exchange.service.loop
        self._from, self._to, self._pour, self._fill = files
        self._in_pipe = 0
        # Always over: each tick looks.
        self.deadline = 0.0
        exchange.service.sweep.watched.add(self)
        # What the transport has been given, the head at least, goes first.
        self._writing = True
        self._loop.add_writer(self._to, self._turn)
        hold(upstream, SPLICED)
        exchange.service.splices += 1

    def stop(self) -> None:
        """Leave the connections to their transports; what the pipe holds is lost."""
        self._upstream.splice = None
        self._exchange.service.sweep.watched.discard(self)
        self._loop.remove_writer(self._to)
        self._loop.remove_reader(self._from)
        for file in (self._from, self._to, self._pour, self._fill):
            os.close(file)
        self._exchange.service.splices -= 1
        self._exchange.client.full = False

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Look by itself: a reset ends the loop's watch of a duplicate, and nobody is told."""
        if self._upstream.splice is self:
            self._turn()

    def _turn(self) -> None:
        """Move what there is: once, so that others have their turns."""
        if self._exchange.client.transport.get_write_buffer_size():
            return
        try:
            if not self._in_pipe:
                self._in_pipe = _move(self._from, self._fill, min(self._upstream.left, _PIPE_BYTES))
        except BlockingIOError:
            self._wait(to_write=False)
            return
        except OSError:
            self._in_pipe = 0
        if not self._in_pipe:
            self.stop()
            self._upstream.transport.abort()
            return
        try:
            moved = _move(self._pour, self._to, self._in_pipe)
        except BlockingIOError:
            self._wait(to_write=True)
        except OSError:
            self.stop()
            self._exchange.client.transport.abort()
        else:
            self._moved(moved)

    def _moved(self, size: int) -> None:
        upstream, exchange = self._upstream, self._exchange
        self._in_pipe -= size
        upstream.left -= size
        exchange.service.counters.bytes_out += size
        if exchange.trace is not None:
            exchange.trace.bytes_out += size
        exchange.progress()
        if upstream.left:
            self._wait(to_write=self._in_pipe > 0)
        else:
            self.stop()
            upstream.passed()

    def _wait(self, *, to_write: bool) -> None:
        """Wait for the endpoint, or for the client: only ever for one, or a loop would never rest."""
        if to_write is self._writing:
            return
        self._writing = self._exchange.client.full = to_write
        if to_write:
            self._loop.remove_reader(self._from)
            self._loop.add_writer(self._to, self._turn)
        else:
            self._loop.remove_writer(self._to)
            self._loop.add_reader(self._from, self._turn)


def splice(upstream: Upstream, exchange: Exchange) -> Splice | None:
    """Begin, where the system can, and has files for it; otherwise the body goes the ordinary way."""
    source, sink = upstream.socket, exchange.client.transport.get_extra_info("socket")
    if source is None or sink is None or upstream.transport.is_closing():
        return None
    files: list[int] = []
    try:
        if exchange.service.splices >= _MOST or not is_allowed():
            return None
        files.append(os.dup(source.fileno()))
        files.append(os.dup(sink.fileno()))
        files += os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # the last file is taken
        for file in files:
            os.close(file)
        return None
    with contextlib.suppress(OSError):  # as much as it holds, then
        fcntl.fcntl(files[-1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return Splice(upstream, exchange, files)


@cache
def is_allowed() -> bool:
    """Try it once, as rules of a container may forbid it. OSError where no file is left to try with."""
    if sys.platform != "linux":
        return False
    here, there = socket.socketpair()
    with here, there:
        there.send(b"x")
        pour, fill = os.pipe()
        try:
            return _move(here.fileno(), fill, 1) == _move(pour, here.fileno(), 1) == 1
        except OSError:
            return False
        finally:
            os.close(pour)
            os.close(fill)


def _move(source: int, sink: int, size: int) -> int:
    return os.splice(source, sink, size, flags=os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK)
