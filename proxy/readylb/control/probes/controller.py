"""The probe controller: one prober per probe of every pod's containers; conclusions go to the store."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left, bisect_right, insort
from typing import Any

from readylb.control.clock import Clock
from readylb.control.probes.deps import ProbeDeps, ProbeMetrics
from readylb.control.probes.doubts import Doubts
from readylb.control.probes.prober import Prober
from readylb.control.runtimes.runtime import RuntimeFor
from readylb.control.store import Change, ChangeType, Store
from readylb.control.tasks import TaskGroup
from readylb.core.explanation import Evidence
from readylb.core.probe_schedule import Spread
from readylb.model import Pod, ProbeStatus, Suspicion
from readylb.model.container import probes_of
from readylb.telemetry.events import EventRecorder

#: First attempts of pods that are made together are spread over this long for each of their probers: more
#: than an exec probe takes to be started, or their commands would wait to be reaped until all have been.
JITTER_PER_PROBER_SECONDS = 0.003


class ProbeController:
    """Probes every pod in the store. Never starts or stops anything: it only writes what it saw."""

    def __init__(  # noqa: PLR0913, PLR0917 -- one argument per neighbour it works with
        self,
        store: Store,
        clock: Clock,
        runtime_for: RuntimeFor,
        recorder: EventRecorder,
        metrics: ProbeMetrics,
        tasks: TaskGroup,
        rng: random.Random,
    ) -> None:
        """Probe nothing yet."""
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._tasks = tasks
        self._spread = Spread(rng.random())
        self._doubts = Doubts(store)
        self._deps = ProbeDeps(store, clock, runtime_for, recorder, metrics, self._jitter, self._doubts.vouch)
        self._probers: dict[str, dict[Prober, asyncio.Task[Any]]] = {}
        #: When the pod of each prober was made, in that order.
        self._made: list[float] = []

    async def run(self) -> None:
        """Probe until the store closes. When this is cancelled, the probers end with it."""
        try:
            with self._store.watch(Pod, Suspicion) as watch:
                async for change in watch:
                    self._take(change)
        finally:
            await self._stop()

    def evidence(self, pod_uid: str) -> tuple[Evidence, ...]:
        """Return what every prober of a pod knows at this moment."""
        return tuple(prober.evidence for prober in self._probers.get(pod_uid, ()))

    def _take(self, change: Change) -> None:
        pod = change.object
        if isinstance(pod, Suspicion):
            if change.type is not ChangeType.DELETED:
                self._doubts.raise_(pod, self._probers.get(pod.metadata.name, ()))
            return
        if not isinstance(pod, Pod):
            return
        uid = pod.metadata.uid
        if change.type is ChangeType.DELETED:
            self._forget(pod)
            return
        if uid not in self._probers:
            self._probers[uid] = self._start(pod)
        old = change.old
        recomputed = isinstance(old, Pod) and old.status != pod.status
        for prober in self._probers[uid]:
            prober.see(pod, recomputed=recomputed)

    def _start(self, pod: Pod) -> dict[Prober, asyncio.Task[Any]]:
        found: dict[Prober, asyncio.Task[Any]] = {}
        for container in pod.spec.long_running:
            for kind, probe in probes_of(container).items():
                prober = Prober(pod, container, kind, probe, self._deps)
                found[prober] = self._tasks.spawn(f"probe/{prober.name}", prober.run())
                insort(self._made, _made_at(pod))
        return found

    def _forget(self, pod: Pod) -> None:
        """End the pod's probers, then drop what they concluded and counted."""
        meta = pod.metadata
        probers = self._probers.pop(meta.uid, {})
        for prober, task in probers.items():
            task.cancel()
            del self._made[bisect_left(self._made, _made_at(pod))]
            found = self._store.find(ProbeStatus, meta.namespace, prober.name)
            if found is not None and found.pod_uid == meta.uid:
                self._store.remove(ProbeStatus, meta.namespace, prober.name)
        self._doubts.forget(meta.uid)
        self._metrics.forget_pod(meta.uid)

    def _jitter(self, pod: Pod, period: float) -> float:
        """Return how long the first attempt at a pod's first container is put off, in seconds.

        kubelet spreads first attempts over a whole period while it has itself been up for less than
        one (`worker.go`). Here a few replicas need not wait for that: the spread grows with the number of
        probers of pods that were made within a period of this one, at start or by a reload.
        """
        made = _made_at(pod)
        crowd = bisect_right(self._made, made + period) - bisect_left(self._made, made - period)
        return self._spread.next() * min(period, (crowd - 1) * JITTER_PER_PROBER_SECONDS)

    async def _stop(self) -> None:
        tasks = [task for probers in self._probers.values() for task in probers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _made_at(pod: Pod) -> float:
    return pod.metadata.creation_timestamp or 0.0
