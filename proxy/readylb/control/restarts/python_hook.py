"""Restart by Python: `{"python": {"hook": "ops.restarts:Restart", "settings": {"zone": "a"}}}`."""

from __future__ import annotations

import asyncio

from readylb.config.hook_objects import load_hook
from readylb.control.restarts.hook import RestartRequest
from readylb.errors import ReadylbError, RuntimeFailureError
from readylb.model.restart import PythonRestart


class PythonHook:
    """Calls a hook that somebody else has written: a `RestartHook`, or a function like its method."""

    def __init__(self, settings: PythonRestart) -> None:
        """Call it as `settings` say."""
        self._settings = settings

    async def restart(self, request: RestartRequest) -> str:
        """Call the hook. RuntimeFailureError for whatever it raises, and when it takes too long.

        It runs in the loop that probes and decides: what blocks belongs into `asyncio.to_thread`.
        """
        name, seconds = self._settings.hook, self._settings.timeout_seconds
        limit = asyncio.timeout(seconds)
        try:
            make = load_hook(self._settings)
            async with limit:
                said = await make()(request)
        except ReadylbError as error:
            raise RuntimeFailureError(str(error)) from error
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                msg = f"{name} did not end within {seconds:g} s"
            else:
                msg = f"{name}: {type(error).__name__}: {error}"
            raise RuntimeFailureError(msg) from error
        return "" if said is None else str(said)
