"""How one incarnation of a container is ended, in an order that loses nothing.

Its pod has left the rotation already. Running requests finish; then the preStop hook; then SIGTERM, for
which sidecars wait their turn, and SIGKILL at the end of the grace period. What comes first is deducted
from what comes later, but two seconds always remain between the signals (`kuberuntime_container.go`,
killContainer).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from readylb.control.alarm import Alarm
from readylb.control.pods.deps import RUNTIME_FAULTS, PodDeps
from readylb.control.pods.traffic import TrafficGate
from readylb.control.runtimes.runtime import RunningContainer
from readylb.core.drain import MINIMUM_GRACE_SECONDS

#: A stop that failed is tried again after this long (kubelet's backOffPeriod).
STOP_RETRY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Words:
    """What one container's end needs besides: who hears of failures, its preStop hook, whose turn it is."""

    failed: Callable[[Exception], None]
    pre_stop: Callable[[], Coroutine[Any, Any, bool]] | None = None
    turn: Callable[[], bool] = lambda: True


class Farewell:
    """The end of one incarnation. `run` must be a task; `hurry` brings its deadline forward."""

    def __init__(
        self,
        deps: PodDeps,
        traffic: TrafficGate,
        running: RunningContainer,
        deadline: float,
        words: Words,
    ) -> None:
        """`deadline` is the end of the grace period, in epoch seconds."""
        self._deps = deps
        self._traffic = traffic
        self._running = running
        self._words = words
        self._alarm = Alarm(deps.clock)
        self._ended = False
        self._signalled = False
        self.deadline = deadline

    def __repr__(self) -> str:
        """Show the state."""
        state = "ended" if self._ended else "signalled" if self._signalled else "draining"
        return f"<farewell {self._running.container_id} {state}>"

    def hurry(self, deadline: float) -> None:
        """End it by an earlier moment."""
        self.deadline = deadline
        self._look()
        if self._signalled:
            self._deps.spawn(f"hurry/{self._running.container_id}", self._signal())

    def look(self) -> None:
        """See whether its turn has come."""
        self._alarm.ring()

    def ended(self) -> None:
        """Take note that it has ended: there is nothing more to wait for."""
        self._ended = True
        self._look()

    async def run(self) -> None:
        """See it off."""
        await self._traffic.closed(lambda: 0.0 if self._ended else self.deadline - MINIMUM_GRACE_SECONDS)
        if self._words.pre_stop is not None and not self._ended:
            await self._see_hook(self._words.pre_stop())
        while not self._ended and not self._words.turn() and self._deps.clock.now() < self.deadline:
            await self._alarm.wait(self.deadline)
        self._signalled = True
        await self._signal()

    async def _see_hook(self, hook: Coroutine[Any, Any, bool]) -> None:
        """Let the hook run as long as the container does and the grace period lasts."""
        task = self._deps.spawn(f"preStop/{self._running.container_id}", hook)
        task.add_done_callback(lambda _: self._alarm.ring())
        while not task.done() and not self._ended and self._deps.clock.now() < self.deadline:
            await self._alarm.wait(self.deadline)
        task.cancel()

    def _look(self) -> None:
        self._traffic.look()
        self._alarm.ring()

    async def _signal(self) -> None:
        while not self._ended:
            left = self.deadline - self._deps.clock.now()
            try:
                await self._running.stop(max(left, MINIMUM_GRACE_SECONDS))
            except RUNTIME_FAULTS as error:
                self._words.failed(error)
                await asyncio.sleep(STOP_RETRY_SECONDS)
            else:
                return
