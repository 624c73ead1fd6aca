"""readylb's end of the guardian: starts it, tells it which process groups exist, and lets it clean up.

The guardian is started with the first container, in a session of its own, with an empty environment
(so that it carries nobody's mark) and no descriptor but the pipe. A guardian that was killed is
replaced and told everything again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import deque
from pathlib import Path

from readylb.control.clock import Clock
from readylb.control.runtimes import guardian
from readylb.control.runtimes.child import Child, Command, spawn
from readylb.control.runtimes.pipe_writer import PipeWriter
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
        argv = (sys.executable, "-I", "-S", guardian.__file__, mark, str(folder))
        self._command = Command(argv, environment={}, directory="/")
        self._clock = clock
        self._fatal = fatal
        self._groups: set[int] = set()
        self._child: Child | None = None
        self._pipe: PipeWriter | None = None
        self._deaths: deque[float] = deque(maxlen=DEATHS)
        self._closing = False

    def __repr__(self) -> str:
        """Show the state."""
        return f"<guard pid={self.pid} groups={sorted(self._groups)}>"

    @property
    def pid(self) -> int | None:
        """The guardian's process id, while there is one."""
        return self._child.pgid if self._child else None

    def ensure(self) -> None:
        """Start the guardian unless it runs. RuntimeFailureError when it cannot be started."""
        if self._child is not None:
            return
        reader, writer = os.pipe()
        try:
            child = spawn(self._command, stdin=reader)
        except RuntimeFailureError as error:
            os.close(writer)
            msg = f"cannot start the guardian that ends children with readylb: {error}"
            raise RuntimeFailureError(msg) from error
        finally:
            os.close(reader)
        self._child, self._pipe = child, PipeWriter(writer)
        child.exited.add_done_callback(lambda _: self._exited(child))
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
        child, pipe = self._child, self._pipe
        if child is None or pipe is None:
            return
        pipe.close()
        await asyncio.wait([child.exited], timeout=CLEANUP_SECONDS)
        if not child.exited.done():
            pipe.abort()
            log.error("the guardian (pid %d) is still cleaning up after %g s", child.pgid, CLEANUP_SECONDS)

    def _tell(self, sign: bytes, pgid: int) -> None:
        """Queue a line: a guardian that has died is told every group again when it is replaced."""
        if self._pipe is not None:
            self._pipe.write(sign + str(pgid).encode() + b"\n")

    def _exited(self, child: Child) -> None:
        child.reap()
        if self._pipe is not None:
            self._pipe.abort()
        self._child = self._pipe = None
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
