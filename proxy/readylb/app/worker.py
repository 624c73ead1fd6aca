"""A worker process's wiring: `python -m readylb.app.worker --id I`, its standard input a Unix socket.

Only the control process starts it. It lives as long as the other end of that socket: when that has
gone, however it went (`kill -9` too), the worker ends at once. Signals of the terminal and of a
supervisor (`systemctl stop` sends SIGTERM to all processes of a unit) are the control process's
business, which then drains its workers; so they are ignored here.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys

import uvloop

from readylb.app.passed_sockets import PassedSockets
from readylb.app.process import die_with_parent, raise_file_limit, settle_memory
from readylb.data.worker import Worker
from readylb.telemetry.logging import setup
from readylb.wire.socket_channel import SocketChannel

_NOT_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
#: Exit code when the control process has gone; nobody is left to read it.
_ORPHANED = 1


def main() -> int:
    """Serve until drained."""
    for number in _NOT_OURS:
        signal.signal(number, signal.SIG_IGN)
    die_with_parent()
    parser = argparse.ArgumentParser(prog="readylb.app.worker", description=__doc__)
    parser.add_argument("--id", type=int, required=True, help="the worker's number")
    parser.add_argument("--log-format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    setup(args.log_format, plain=True)
    raise_file_limit()
    control = _control_end()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(args.id, control))


async def _serve(number: int, control: socket.socket) -> int:
    channel = SocketChannel(control, _orphaned)
    passed = PassedSockets(channel)
    worker = Worker(number, passed, passed.open)
    worker.start()
    settle_memory()
    await worker.stopped()
    channel.close()
    await channel.closed()
    return 0


def _control_end() -> socket.socket:
    """Return the socket that is the standard input, which nobody shall read by accident afterwards."""
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return control


def _orphaned() -> None:
    """End now: there is nobody to tell, and nobody who would learn who is Ready."""
    os._exit(_ORPHANED)


if __name__ == "__main__":
    sys.exit(main())
