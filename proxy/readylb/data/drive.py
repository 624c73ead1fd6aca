"""Coroutines of the loop run from callbacks, without a task for each connection.

`loop.create_connection(sock=...)` and `loop.create_server(sock=...)` are coroutines that wait for
nothing but the loop's own futures; stepping them by hand keeps the hot path free of tasks.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

import uvloop

Done = Callable[[BaseException | None], None]
_OVER: Final[Any] = object()


def drive(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], done: Done) -> None:
    """Run `work`; call `done(None)` or `done(error)`, at once where it never waits."""
    _step(loop, work.__await__(), done)


def _step(loop: asyncio.AbstractEventLoop, steps: Iterator[Any], done: Done) -> None:
    try:
        # Without StopIteration, which would cost compiled code more than all the rest.
        waits_for = next(steps, _OVER)
    except OSError as error:
        done(error)
        return
    if waits_for is _OVER:
        done(None)
    elif waits_for is None:
        loop.call_soon(_step, loop, steps, done)
    else:
        # What a task would do: say that the future's wait was taken up, then come back when it is over.
        waits_for._asyncio_future_blocking = False  # noqa: SLF001 - the protocol of a future and its waiter
        waits_for.add_done_callback(lambda _: _step(loop, steps, done))


def disown(loop: asyncio.AbstractEventLoop, connection: socket.socket | None) -> None:
    """Let go of a socket whose descriptor is the loop's to close, or is closed by it already.

    uvloop does this itself, but not when a connection is lost in the turn in which it was made: the
    object would then close the descriptor a second time, by when it may be somebody else's. asyncio's
    own loop keeps using the object and closes it.
    """
    if connection is not None and isinstance(loop, uvloop.Loop):
        connection.detach()


def hush(loop: asyncio.AbstractEventLoop) -> None:
    """Keep lost connections out of the error log: uvloop reports each refusal as a fatal error there.

    What matters of them is counted, reported and answered; everything else goes where it went.
    """
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "transport" in context and isinstance(context.get("exception"), OSError):
            return
        if before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(handle)
