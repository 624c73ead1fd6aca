"""Coroutines of the loop run from callbacks, without a task for each connection.

`loop.create_connection(sock=...)` and `loop.create_server(sock=...)` are coroutines that wait for
nothing but the loop's own futures; stepping them by hand keeps the hot path free of tasks.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

Done = Callable[[Any, BaseException | None], None]


def drive(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], done: Done) -> None:
    """Run `work`; call `done(result, None)` or `done(None, error)`, at once where it never waits."""
    try:
        waits_for = work.send(None)
    except StopIteration as finished:
        done(finished.value, None)
        return
    except OSError as error:
        done(None, error)
        return
    if waits_for is None:
        loop.call_soon(drive, loop, work, done)
        return
    # What a task would do: say that the future's wait was taken up, then come back when it is over.
    waits_for._asyncio_future_blocking = False  # noqa: SLF001 - the protocol between future and its waiter
    waits_for.add_done_callback(lambda _: drive(loop, work, done))


def disown(loop: asyncio.AbstractEventLoop, connection: socket.socket | None) -> None:
    """Let go of the socket of a lost connection, whose descriptor the loop has closed.

    uvloop does this itself, but not when a connection is lost in the turn in which it was made: the
    object would then close the descriptor a second time, by when it may be somebody else's. asyncio's
    own loop closes the object.
    """
    if connection is not None and isinstance(loop, uvloop.Loop):
        connection.detach()
