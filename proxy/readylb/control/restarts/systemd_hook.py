"""Restart by systemd: `{"systemd": {"unit": "web@$(INDEX).service"}}`.

By the command systemctl, not by D-Bus: it is there wherever systemd is and needs no library, speaks to
the manager directly where there is no bus (root, and `--user` in a bare session), asks polkit as
everybody's systemctl does, and waits for the job's end and says in words how it ended.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from readylb.control.restarts.command import Ended, run_command
from readylb.control.restarts.hook import RestartRequest
from readylb.core.container_command import expand
from readylb.errors import RuntimeFailureError
from readylb.model.restart import SystemdRestart

#: Seconds in which the manager tells a unit's properties.
_SHOW_SECONDS = 5.0
_PROPERTIES = ("ActiveState", "SubState", "Result", "ExecMainStatus")


class SystemdHook:
    """Restarts a unit."""

    def __init__(self, settings: SystemdRestart) -> None:
        """Restart it as `settings` say."""
        self._settings = settings

    async def restart(self, request: RestartRequest) -> str:
        """Restart the unit and wait for the job. RuntimeFailureError tells its result and the unit's.

        A job that has begun goes on when time is over: it is the manager's.
        """
        unit = expand(self._settings.unit, request.variables())
        ended = await self._systemctl(self._settings.timeout_seconds, "restart", "--", unit)
        state = await self._state(unit)
        if ended.failure:
            msg = f"systemctl restart {unit}: {ended}{_shown(state)}"
            raise RuntimeFailureError(msg)
        if state.get("ActiveState") == "failed":
            msg = f"unit {unit} has failed after its restart{_shown(state)}"
            raise RuntimeFailureError(msg)
        return f"unit {unit} has been restarted{_shown(state)}"

    async def _state(self, unit: str) -> Mapping[str, str]:
        """Return the unit's properties, as far as the manager tells them."""
        asked = f"--property={','.join(_PROPERTIES)}"
        ended = await self._systemctl(_SHOW_SECONDS, "show", asked, "--", unit)
        pairs = (word.partition("=") for word in ended.output.split())
        return {} if ended.failure else {name: value for name, _, value in pairs if name in _PROPERTIES}

    async def _systemctl(self, seconds: float, *words: str) -> Ended:
        scope = ("--user",) if self._settings.user else ()
        argv = ("systemctl", *scope, "--no-ask-password", "--no-pager", "--full", *words)
        return await run_command(argv, {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"}, seconds)


def _shown(state: Mapping[str, str]) -> str:
    """Return ` (active, running)`, and the result of the unit's last run unless it was a success."""
    words = [state[name] for name in ("ActiveState", "SubState") if state.get(name)]
    if state.get("Result", "success") != "success":
        words.append(f"Result={state['Result']}")
        words.append(f"ExecMainStatus={state.get('ExecMainStatus', '')}")
    return f" ({', '.join(words)})" if words else ""
