"""Restart by command: `{"exec": {"command": ["systemctl", "restart", "web@$(INDEX)"]}}`.

The command runs where readylb was started, with readylb's environment and the request's variables. It
is over when the command itself ends: what it leaves running is the endpoint, and none of our business,
so it is neither marked nor guarded, and its output goes to a file rather than a pipe that would break.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from typing import IO, Any

from readylb.control.restarts.hook import RestartRequest
from readylb.core.container_command import expand
from readylb.errors import RuntimeFailureError

#: Seconds a command may take unless `timeoutSeconds` says otherwise (systemctl's own limit is 90 s).
TIMEOUT_SECONDS = 30.0

#: Bytes of the end of its output that an error quotes.
_TAIL_BYTES = 400


class ExecHook:
    """Runs a command."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Check the settings; ValueError says what is wrong with them."""
        command = settings.get("command")
        if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
            msg = "exec.command must be a list of strings"
            raise ValueError(msg)
        unknown = sorted(set(settings) - {"command", "timeoutSeconds"})
        if unknown:
            msg = f"exec has no field {unknown[0]!r} (it has command, timeoutSeconds)"
            raise ValueError(msg)
        self._command = tuple(command)
        timeout = settings.get("timeoutSeconds", TIMEOUT_SECONDS)
        if not isinstance(timeout, int | float) or timeout <= 0:
            msg = "exec.timeoutSeconds must be a number above 0"
            raise ValueError(msg)
        self._timeout_seconds = float(timeout)

    async def restart(self, request: RestartRequest) -> None:
        """Run the command. RuntimeFailureError when it fails or takes too long: its group is killed."""
        variables = request.variables()
        argv = tuple(expand(word, variables) for word in self._command)
        with tempfile.TemporaryFile() as output:
            failure = await self._run(argv, {**os.environ, **variables}, output)
            if failure:
                msg = f"cannot restart {request.endpoint}: {' '.join(argv)}: {failure}{_tail(output)}"
                raise RuntimeFailureError(msg)

    async def _run(self, argv: tuple[str, ...], environment: Mapping[str, str], output: IO[bytes]) -> str:
        """Run the command to its end; return why it failed, or nothing."""
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
            async with asyncio.timeout(self._timeout_seconds):
                code = await process.wait()
        except TimeoutError:
            return f"did not end within {self._timeout_seconds:g} s"
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
    text = " ".join(output.read().decode(errors="replace").split())
    return f": {text}" if text else ""
