"""Runs one command to its end, for hooks that are commands.

The command is over when its own process ends: what it leaves running is the endpoint, and none of our
business, so it is neither marked nor guarded, and its output goes to a file rather than a pipe that
would break.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

#: Bytes of the end of its output that are quoted.
_TAIL_BYTES = 400


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a command failed ("" when it did not), and the end of what it printed, on one line."""

    failure: str
    output: str

    def __str__(self) -> str:
        """Both, as an event tells them."""
        return ": ".join(part for part in (self.failure, self.output) if part)


async def run_command(argv: tuple[str, ...], environment: Mapping[str, str], timeout_seconds: float) -> Ended:
    """Run a command where readylb was started. Its group is killed when time is over or this is cancelled."""
    with tempfile.TemporaryFile() as output:
        failure = await _run(argv, environment, timeout_seconds, output)
        return Ended(failure, _tail(output))


async def _run(
    argv: tuple[str, ...], environment: Mapping[str, str], timeout_seconds: float, output: IO[bytes]
) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except OSError as error:
        return (error.strerror or str(error)).lower()
    try:
        async with asyncio.timeout(timeout_seconds):
            code = await process.wait()
    except TimeoutError:
        return f"did not end within {timeout_seconds:g} s"
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit status {code}" if code else ""


def _tail(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(size - _TAIL_BYTES, 0))
    return " ".join(output.read().decode(errors="replace").split())
