"""readylb's end of the guardian: starts it, tells it which process groups exist, and lets it clean up.

The guardian is started with the first container, in a session of its own, with an empty environment
(so that it carries nobody's mark) and no descriptor but the pipe. A guardian that was killed is
replaced and told everything again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
from collections import deque
from pathlib import Path

from readylb.control.clock import Clock
from readylb.control.runtimes import guardian
from readylb.control.runtimes.child import watch_exit
from readylb.control.tasks import Fatal
from readylb.errors import RuntimeFailureError

log = logging.getLogger(__name__)

#: A guardian that is killed so often within so many seconds is not replaced any more: without one,
#: children could outlive readylb, and that is never accepted in silence.
DEATHS = 3
DEATHS_SECONDS = 10.0

#: How long the guardian may take to clean up, in seconds (its own search is bounded to 2 s).
CLEANUP_SECONDS = 5.0


class Guard:
    """The one guardian of this readylb. `mark` is the environment entry that all its children carry."""

    def __init__(self, mark: str, folder: Path, clock: Clock, fatal: Fatal) -> None:
        """Start nothing yet."""
        self._arguments = (mark, str(folder))
        self._clock = clock
        self._fatal = fatal
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._deaths: deque[float] = deque(maxlen=DEATHS)
        self._closing = False

    def __repr__(self) -> str:
        """Show the state."""
        pid = self._process.pid if self._process else None
        return f"<guard pid={pid} groups={sorted(self._groups)}>"

    @property
    def pid(self) -> int | None:
        """The guardian's process id, while there is one."""
        return self._process.pid if self._process else None

    def ensure(self) -> None:
        """Start the guardian unless it runs. RuntimeFailureError when it cannot be started."""
        if self._process is not None:
            return
        command = (sys.executable, "-I", "-S", guardian.__file__, *self._arguments)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program, absolute path
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd="/",
                env={},
                start_new_session=True,
            )
        except OSError as error:
            msg = f"cannot start the guardian that ends children with readylb: {error}"
            raise RuntimeFailureError(msg) from error
        self._process = process
        self._ended = asyncio.get_running_loop().create_future()
        watch_exit(process.pid, self._exited)
        for pgid in self._groups:
            self._tell(b"+", pgid)

    def add(self, pgid: int) -> None:
        """Have this group killed when readylb is gone."""
        self._groups.add(pgid)
        self._tell(b"+", pgid)

    def remove(self, pgid: int) -> None:
        """Forget a group that has ended."""
        if pgid in self._groups:
            self._groups.discard(pgid)
            self._tell(b"-", pgid)

    async def close(self) -> None:
        """Let the guardian kill what is left and remove the folder; wait until it has."""
        self._closing = True
        process, ended = self._process, self._ended
        if process is None or ended is None:
            return
        self._hang_up(process)
        await asyncio.wait([ended], timeout=CLEANUP_SECONDS)
        if not ended.done():
            log.error("the guardian (pid %d) is still cleaning up after %g s", process.pid, CLEANUP_SECONDS)

    def _tell(self, sign: bytes, pgid: int) -> None:
        if self._process is None or self._process.stdin is None:
            return
        # A guardian that has died is replaced as soon as its exit is seen, and told every group then.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._process.stdin.fileno(), sign + str(pgid).encode() + b"\n")

    def _exited(self) -> None:
        process, ended = self._process, self._ended
        if process is None or ended is None:
            return
        process.wait()
        self._hang_up(process)
        self._process = None
        if not ended.done():
            ended.set_result(None)
        if not self._closing:
            self._replace()

    def _replace(self) -> None:
        now = self._clock.now()
        self._deaths.append(now)
        if len(self._deaths) == DEATHS and now - self._deaths[0] < DEATHS_SECONDS:
            msg = f"the guardian was killed {DEATHS} times within {DEATHS_SECONDS:g} s"
            self._fatal(RuntimeFailureError(msg))
            return
        log.warning("the guardian was killed; starting another")
        try:
            self.ensure()
        except RuntimeFailureError as error:
            self._fatal(error)

    @staticmethod
    def _hang_up(process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
