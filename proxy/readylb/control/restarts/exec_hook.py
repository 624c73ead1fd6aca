"""Restart by command: `{"exec": {"command": ["systemctl", "restart", "web@$(INDEX)"]}}`.

The command runs where readylb was started, with readylb's environment and the request's variables.
"""

from __future__ import annotations

import os

from readylb.control.restarts.command import run_command
from readylb.control.restarts.hook import RestartRequest
from readylb.core.container_command import expand
from readylb.errors import RuntimeFailureError
from readylb.model.restart import ExecRestart


class ExecHook:
    """Runs a command."""

    def __init__(self, settings: ExecRestart) -> None:
        """Run it as `settings` say."""
        self._settings = settings

    async def restart(self, request: RestartRequest) -> str:
        """Run the command; return the end of its output.

        RuntimeFailureError when it fails or takes too long. Of its words only the program is named:
        arguments may hold secrets.
        """
        variables = request.variables()
        argv = tuple(expand(word, variables) for word in self._settings.command)
        environment = {**os.environ, **request.environment()}
        ended = await run_command(argv, environment, self._settings.timeout_seconds)
        if ended.failure:
            msg = f"{argv[0]}: {ended}"
            raise RuntimeFailureError(msg)
        return ended.output
