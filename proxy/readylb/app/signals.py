"""What the process's signals mean.

TERM and INT stop gently, a second one stops now, HUP reloads, USR1 opens the access log anew.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

_STOP = (signal.SIGTERM, signal.SIGINT)
_REREAD = (signal.SIGHUP, signal.SIGUSR1)


def ignore_early() -> None:
    """Let HUP and USR1 do nothing while the process starts: it is about to read everything anyway."""
    for number in _REREAD:
        signal.signal(number, signal.SIG_IGN)


class Signals:
    """Turns signals into two events and a call. Lives in the running loop until `restore`."""

    def __init__(self, reload: Callable[[], None], rotate: Callable[[], None]) -> None:
        """Take over TERM, INT, HUP and USR1."""
        self.stop = asyncio.Event()
        self.stop_now = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in _STOP:
            self._loop.add_signal_handler(number, self._on_stop)
        self._loop.add_signal_handler(signal.SIGHUP, reload)
        self._loop.add_signal_handler(signal.SIGUSR1, rotate)

    def _on_stop(self) -> None:
        if self.stop.is_set():
            self.stop_now.set()
        self.stop.set()

    def restore(self) -> None:
        """Give the signals back."""
        for number in (*_STOP, *_REREAD):
            self._loop.remove_signal_handler(number)
