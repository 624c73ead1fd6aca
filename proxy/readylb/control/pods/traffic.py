"""Whether requests may still reach a pod, as the store says, and how to wait until they do not."""

from __future__ import annotations

from collections.abc import Callable

from readylb.control.alarm import Alarm
from readylb.control.clock import Clock
from readylb.control.store import Store
from readylb.core.drained import Flow
from readylb.model import Pod, PodTraffic


class TrafficGate:
    """One pod's traffic, for all its containers to wait on."""

    def __init__(self, pod: Pod, store: Store, clock: Clock) -> None:
        """Watch over the pod's traffic."""
        self._key = pod.metadata.namespace, pod.metadata.uid
        self._store = store
        self._clock = clock
        self._waiting: set[Alarm] = set()

    @property
    def open(self) -> bool:
        """Say whether a request may be running, or may still come."""
        return self._store.find(PodTraffic, *self._key) is not None

    @property
    def flow(self) -> Flow:
        """What may reach the pod."""
        found = self._store.find(PodTraffic, *self._key)
        if found is None:
            return Flow.CLOSED
        return Flow.ENDING if found.ending else Flow.OPEN

    def look(self) -> None:
        """Let all who wait look again."""
        for alarm in self._waiting:
            alarm.ring()

    async def closed(self, until: Callable[[], float]) -> None:
        """Return when no request can be lost any more, or at the moment `until()`, which may move."""
        alarm = Alarm(self._clock)
        self._waiting.add(alarm)
        try:
            while self.open and self._clock.now() < until():
                await alarm.wait(until())
        finally:
            self._waiting.discard(alarm)
