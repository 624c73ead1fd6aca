"""One incarnation of a container that is a local process."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass

from readylb.control.clock import Clock
from readylb.control.runtimes import marks
from readylb.control.runtimes.child import Child, Command
from readylb.control.runtimes.guard import Guard
from readylb.control.runtimes.log_pump import LogPump
from readylb.control.runtimes.runtime import ContainerExit
from readylb.control.runtimes.sweeper import Sweeper

#: Pauses in seconds between two looks at a group that is stopping after its leader has gone: the system
#: tells nobody when a group becomes empty.
_FIRST_LOOK_SECONDS = 0.01
_LAST_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Host:
    """What all containers of a runtime share; `scheme` begins their ids."""

    guard: Guard
    sweeper: Sweeper
    clock: Clock
    scheme: str = "process"


class ProcessContainer:
    """A running container. `supervise` must run as a task until it returns."""

    def __init__(self, command: Command, child: Child, pump: LogPump, host: Host) -> None:
        """Take over a child that was just started."""
        self.command = command
        identity = command.environment[marks.CONTAINER]
        self._mark = marks.entry(marks.CONTAINER, identity)
        self.container_id = f"{host.scheme}://{identity}"
        self.started_at = host.clock.now()
        self._child = child
        self._pump = pump
        self._guard = host.guard
        self._sweeper = host.sweeper
        self._clock = host.clock
        self._stopping = False
        self._killed = False
        self._kill_timer: asyncio.TimerHandle | None = None
        #: Done when its process has ended.
        self.ended: asyncio.Future[ContainerExit] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._guard.add(child.pgid)

    def __repr__(self) -> str:
        """Show the state."""
        state = "gone" if self._gone.done() else "exited" if self.ended.done() else "running"
        return f"<container {self.container_id} {state} pgid={self._child.pgid}>"

    @property
    def running(self) -> bool:
        """Say whether its process has not ended yet."""
        return not self.ended.done()

    async def wait(self) -> ContainerExit:
        """Return when it has ended, with how. May be awaited by several callers."""
        await self._over.wait()
        return self.ended.result()

    async def wait_gone(self) -> None:
        """Return when nothing of it is left: no process that carries its mark, no open output."""
        await asyncio.shield(self._gone)

    async def stop(self, grace_seconds: float) -> ContainerExit:
        """SIGTERM to its group, wait for the grace period, SIGKILL to what is left.

        The grace period is the whole group's: `sh -c "server; …"` may lose its shell at once while the
        server still finishes. A second call with less grace shortens the first. SIGCONT follows, as
        systemd sends it: a process that is suspended would hear SIGTERM only after it.
        """
        if self.running and not self._stopping:
            self._stopping = True
            self._child.signal_group(signal.SIGTERM)
            self._child.signal_group(signal.SIGCONT)
        self._kill_within(grace_seconds)
        await self.wait_gone()
        return self.ended.result()

    def kill(self) -> None:
        """SIGKILL its group now."""
        self._killed = True
        if not self._gone.done():
            self._child.signal_group(signal.SIGKILL)

    async def supervise(self) -> None:
        """See it end, then end what it leaves behind.

        A leader that ends by itself takes its group along, as the first process of a container does.
        """
        child, cgroup = self._child, self.command.cgroup
        await child.wait()
        finished_at = self._clock.now()
        if not self._stopping:
            child.signal_group(signal.SIGKILL)
        code = child.reap()
        if self._stopping:
            await self._group_ended()
        signal_number = max(-code, 0)
        self.ended.set_result(
            ContainerExit(
                exit_code=128 + signal_number if signal_number else code,
                signal=signal_number,
                started_at=self.started_at,
                finished_at=finished_at,
                reason="OOMKilled" if cgroup is not None and cgroup.oom_killed() else "",
            )
        )
        self._over.set()
        self._guard.remove(child.pgid)
        await self._sweeper.sweep(self._mark)
        if cgroup is not None:
            await asyncio.to_thread(cgroup.remove)
        self.release()

    def release(self) -> None:
        """End its output and wake who waits for it to be gone: the end of `supervise`, or its stand-in."""
        self._pump.finish()
        if self._kill_timer is not None:
            self._kill_timer.cancel()
        if not self._gone.done():
            self._gone.set_result(None)

    async def _group_ended(self) -> None:
        """Wait until the group is empty or the grace period is over, then kill what is left of it."""
        pause = _FIRST_LOOK_SECONDS
        while await marks.group_alive(self._child.pgid, self._mark):
            if self._killed:
                self._child.signal_group(signal.SIGKILL)
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_LOOK_SECONDS)

    def _kill_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        when = loop.time() + max(seconds, 0.0)
        if self._kill_timer is not None:
            if self._kill_timer.when() <= when:
                return
            self._kill_timer.cancel()
        self._kill_timer = loop.call_at(when, self.kill)
