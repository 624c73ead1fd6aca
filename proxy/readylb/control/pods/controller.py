"""The pod controller: one keeper per pod of the store, woken by changes of the pod and its probes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from readylb.control.clock import Clock
from readylb.control.pods.deps import PodDeps, RestartEndpoint
from readylb.control.pods.keeper import PodKeeper
from readylb.control.runtimes.runtime import RuntimeFor
from readylb.control.store import Change, ChangeType, Store
from readylb.control.tasks import TaskGroup
from readylb.control.turns import Turns
from readylb.model import Pod, PodTraffic, ProbeStatus, Service
from readylb.telemetry.events import EventRecorder


class PodController:
    """Starts, restarts and removes pods, and owns their status. A pod's keeper is known by its uid."""

    def __init__(  # noqa: PLR0913, PLR0917 -- one argument per neighbour it works with
        self,
        store: Store,
        clock: Clock,
        runtime_for: RuntimeFor,
        recorder: EventRecorder,
        tasks: TaskGroup,
        node_name: str,
        restart: RestartEndpoint,
    ) -> None:
        """Keep no pod yet."""
        self._store = store
        self._clock = clock
        self._runtime_for = runtime_for
        self._recorder = recorder
        self._tasks = tasks
        self._node_name = node_name
        self._restart = restart
        self._keepers: dict[str, PodKeeper] = {}
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Keep pods until the store closes. When this is cancelled, the keepers end with it."""
        try:
            with self._store.watch(Pod, PodTraffic, ProbeStatus, Service) as watch:
                turns = Turns(self._clock)
                while (changes := await watch.batch()) is not None:
                    turns.begin()
                    await self._take_all(changes, turns)
        finally:
            await self._stop()

    def starts_at(self, pod_uid: str) -> dict[str, float]:
        """Return when (epoch seconds) each container of a pod that waits for its back-off may start."""
        keeper = self._keepers.get(pod_uid)
        return {} if keeper is None else keeper.starts_at()

    def postponed(self, pod_uid: str) -> tuple[str, ...]:
        """Return the containers of a pod whose restart waits until other pods are Ready."""
        keeper = self._keepers.get(pod_uid)
        return () if keeper is None else keeper.postponed

    async def _take_all(self, changes: Sequence[Change], turns: Turns) -> None:
        """Take changes in turns: each wakes a keeper, and a thousand that are awake at once take a second."""
        for change in changes:
            self._take(change)
            await turns.pause()
        if any(isinstance(change.object, Pod | Service) for change in changes):
            self._look_around()

    def _take(self, change: Change) -> None:
        item = change.object
        if isinstance(item, Pod):
            self._take_pod(change.type, item)
        if isinstance(item, Pod | Service):
            return
        uid = item.pod_uid if isinstance(item, ProbeStatus) else item.metadata.name
        keeper = self._keepers.get(uid)
        if keeper is not None:
            keeper.wake()

    def _take_pod(self, kind: ChangeType, pod: Pod) -> None:
        uid = pod.metadata.uid
        keeper = self._keepers.get(uid)
        if kind is ChangeType.DELETED:
            if keeper is not None:
                keeper.gone()
        elif keeper is not None:
            keeper.see(pod)
        elif self._is_current(pod):
            self._begin(pod)

    def _look_around(self) -> None:
        """Have those look again whose restart waits for other pods, or by a Service's word."""
        for keeper in self._keepers.values():
            if keeper.postponed:
                keeper.wake()

    def _is_current(self, pod: Pod) -> bool:
        """Say whether the pod is still there: a queued change may speak of one that is gone."""
        found = self._store.find(Pod, pod.metadata.namespace, pod.metadata.name)
        return found is not None and found.metadata.uid == pod.metadata.uid

    def _begin(self, pod: Pod) -> None:
        deps = PodDeps(self._runtime_for(pod), self._clock, self._recorder, self._spawn, self._restart)
        keeper = self._keepers[pod.metadata.uid] = PodKeeper(pod, self._store, deps, self._node_name)
        self._spawn(f"pod/{pod.metadata.name}", self._keep(pod.metadata.uid, keeper))

    async def _keep(self, uid: str, keeper: PodKeeper) -> None:
        try:
            await keeper.run()
        finally:
            del self._keepers[uid]

    def _spawn(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self._tasks.spawn(name, work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _stop(self) -> None:
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
