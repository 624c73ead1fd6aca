"""A world with all controllers but the link, and plans of what happens in it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from tests.properties.promises import KINDS, Promises
from tests.properties.runtime import CALM, MOODS, UnreliableRuntime
from tests.simulation import SimulatedLoop, World

from readylb.control import controller
from readylb.control.clock import Clock
from readylb.control.endpoints.controller import EndpointsController
from readylb.control.event_sink import MAXIMUM_EVENTS
from readylb.control.store import HISTORY, Watch
from readylb.control.workloads.table import reconcilers
from readylb.errors import NotFoundError
from readylb.model import (
    Deployment,
    EndpointSlice,
    Event,
    Object,
    Pod,
    PodTraffic,
    ProbeStatus,
    ReplicaSet,
    Service,
    Suspicion,
)
from readylb.model.container import Container
from readylb.model.lifecycle import Lifecycle, LifecycleHandler
from readylb.model.meta import ObjectMeta, ObjectReference
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.probe import ExecAction, Probe
from readylb.model.service import ServicePort, ServiceSpec
from readylb.model.workload import DeploymentSpec, LabelSelector
from readylb.telemetry.correlation import CACHE_SIZE
from readylb.telemetry.events import EventRecorder

WEB = {"app": "web"}
MOST_REPLICAS = 3
HISTORY_LIMIT = 2
#: A rolling update of three goes one above; those on their way out have at most a grace period.
MOST_PODS = 4 + 4 * (MOST_REPLICAS + 1)
#: What a pod of three containers may need at most: a keeper, and for each container its life, its end,
#: a hook, a watch and three probers.
MOST_TASKS_PER_POD = 24


def ask(word: str, **settings: int) -> Probe:
    return Probe(exec=ExecAction(command=(word,)), **settings)


def hook(word: str) -> LifecycleHandler:
    return LifecycleHandler(exec=ExecAction(command=(word,)))


MAIN = Container(
    name="main",
    startup_probe=ask("startup", period_seconds=5, failure_threshold=6),
    liveness_probe=ask(
        "liveness", period_seconds=20, failure_threshold=2, termination_grace_period_seconds=5
    ),
    readiness_probe=ask("readiness", period_seconds=15, failure_threshold=2, success_threshold=2),
    lifecycle=Lifecycle(post_start=hook("postStart"), pre_stop=hook("preStop")),
)
SETUP = Container(name="setup")
SIDECAR = Container(
    name="sidecar", restart_policy="Always", startup_probe=ask("startup", failure_threshold=9)
)
TEMPLATE = PodTemplateSpec(
    metadata=ObjectMeta(labels=WEB), spec=PodSpec(containers=(MAIN,), init_containers=(SETUP, SIDECAR))
)
#: Pods of their own, by name: what restart policies do to containers that are probed, and that are not.
LONERS: Mapping[str, PodSpec] = {
    "always": PodSpec(containers=(Container(name="main"), Container(name="other"))),
    "on-failure": PodSpec(
        containers=(Container(name="main", liveness_probe=ask("liveness", period_seconds=30)),),
        restart_policy="OnFailure",
    ),
    "never": PodSpec(
        containers=(Container(name="main", liveness_probe=ask("liveness", period_seconds=30)),),
        restart_policy="Never",
    ),
    "asked": PodSpec(containers=(replace(MAIN, lifecycle=None, startup_probe=None),)),
}


@dataclass(frozen=True)
class Step:
    """After `gap` seconds, the deed of that name happens to the `which`-th of those it may happen to."""

    gap: float
    deed: str
    which: int


class Recorder(EventRecorder):
    """Tells what is recorded before anything is dropped."""

    def listen(self, told: Callable[[Pod, str, str, str], None]) -> None:
        self._told = told

    def record(
        self,
        item: Object | ObjectReference,
        kind: str,
        reason: str,
        message: str,
        *,
        field_path: str = "",
        component: str = "kubelet",
    ) -> None:
        if isinstance(item, Pod):
            self._told(item, field_path, reason, message)
        super().record(item, kind, reason, message, field_path=field_path, component=component)


class Day(World):
    """Everything goes on beside everything else. The seed decides what the plan leaves open."""

    recorder_class = Recorder

    def __init__(self, seed: int, clock: Clock | None = None) -> None:
        self.dice = random.Random(seed)
        self.runtime: UnreliableRuntime
        self.recorder: Recorder
        super().__init__(clock, UnreliableRuntime(random.Random(seed)))
        rng = random.Random(seed)
        endpoints = EndpointsController(self.store, self.clock, rng)
        for item in (endpoints, *reconcilers(self.store, self.clock, self.recorder, rng)):
            self.tasks.spawn(type(item).__name__, controller.run(self.store, item))
        self.tasks.spawn("link", self._carry_traffic())
        self._idle_tasks = len(self.tasks._tasks)
        self._watching = self.store.watch(*KINDS)
        watch: Watch = self._watching.__enter__()
        self.promises = Promises(self.store, self.runtime, self.clock, watch, self.faults)
        self.recorder.listen(self.promises.told)

    # -- the course of a day

    async def live(self, plan: Sequence[Step], seconds: float) -> None:
        """Let the plan happen again and again for so long, then let all recover, then end it all."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        loop.on_rest(self.promises.rest)
        try:
            self._begin()
            while plan and self.elapsed < seconds:
                for step in plan:
                    await self.until(self.elapsed + step.gap)
                    DEEDS[step.deed](self, step.which)
                    self._judge_sizes()
            await self.until(max(self.elapsed, seconds))
            await self._recover()
            await self._end()
        finally:
            loop.on_rest(None)
            self._watching.__exit__(None, None, None)

    def _begin(self) -> None:
        spec = ServiceSpec(selector=WEB, ports=(ServicePort(port=80, target_port=8080),))
        self.store.create(Service(metadata=ObjectMeta(name="web", namespace="default"), spec=spec))
        self._deploy()
        for name in LONERS:
            self._add_loner(name)

    async def _recover(self) -> None:
        """Nobody may be stranded: with all faults gone, all are Ready within two back-offs."""
        self.runtime.mood = CALM
        self.runtime._wedged.clear()
        for container in list(self.runtime.containers.values()):
            container.end(1)
        self._deploy()
        for name in LONERS:
            self._add_loner(name)
        await self.until(self.elapsed + 1200)
        pods = [pod for pod in self.store.objects(Pod) if not pod.finished]
        unready = [pod.metadata.name for pod in pods if not pod.ready]
        assert not unready, f"they never come back: {unready}"
        status, wanted = self._deployment.status, self._deployment.spec.replicas
        assert (status.replicas, status.updated_replicas, status.ready_replicas) == (wanted,) * 3

    async def _end(self) -> None:
        self.store.mark_deleted(Deployment, "default", "web", 0)
        for pod in self.store.objects(Pod):
            self.store.mark_deleted(Pod, "default", pod.metadata.name, 30)
        await self.until(self.elapsed + 100)
        for kind in (Pod, ProbeStatus, PodTraffic, ReplicaSet, Deployment, Suspicion):
            assert self.store.objects(kind) == [], kind.KIND
        assert self.pods._keepers == {}
        assert self.probes._probers == {}
        assert len(self.tasks._tasks) == self._idle_tasks, sorted(
            task.get_name() for task in self.tasks._tasks
        )
        (left,) = self.store.objects(EndpointSlice)
        assert left.endpoints == ()

    def _judge_sizes(self) -> None:
        """Nothing may grow without bound, however long it goes on."""
        pods = len(self.store.objects(Pod))
        assert pods <= MOST_PODS, pods
        assert len(self.store.objects(ProbeStatus)) <= 4 * pods + 4
        assert len(self.store.objects(PodTraffic)) <= MOST_PODS
        empty = [item for item in self.store.objects(ReplicaSet) if not item.status.replicas]
        # Beside the old ones that are kept: the newest, and one that is to have its first pod.
        assert len(empty) <= HISTORY_LIMIT + 2, [item.metadata.name for item in empty]
        assert len(self.store.objects(Event)) <= MAXIMUM_EVENTS
        assert len(self.store._history) <= HISTORY
        assert len(self.tasks._tasks) <= self._idle_tasks + MOST_TASKS_PER_POD * (pods + 1)
        correlator = self.recorder._correlator
        for cache in (correlator._similar, correlator._observed, correlator._buckets):
            assert len(cache._items) <= CACHE_SIZE

    # -- who is there

    @property
    def _deployment(self) -> Deployment:
        return self.store.get(Deployment, "default", "web")

    def _deploy(self) -> None:
        if self.store.find(Deployment, "default", "web") is None:
            spec = DeploymentSpec(
                replicas=2,
                selector=LabelSelector(match_labels=WEB),
                template=TEMPLATE,
                revision_history_limit=HISTORY_LIMIT,
            )
            self.store.create(Deployment(metadata=ObjectMeta(name="web", namespace="default"), spec=spec))

    def _add_loner(self, name: str) -> None:
        if self.store.find(Pod, "default", name) is None:
            self.store.create(Pod(metadata=ObjectMeta(name=name, namespace="default"), spec=LONERS[name]))

    async def _carry_traffic(self) -> None:
        """Stand in for the link: requests are running for a while after an endpoint has left."""
        with self.store.watch(EndpointSlice) as watch:
            async for _ in watch:
                chosen = self._eligible()
                for uid, name in chosen.items():
                    if self.store.find(PodTraffic, "default", uid) is None and not self._is_leaving(name):
                        meta = ObjectMeta(name=uid, namespace="default")
                        self.store.create(PodTraffic(metadata=meta, pod_name=name))
                for item in self.store.objects(PodTraffic):
                    if item.metadata.name not in chosen:
                        delay = self.dice.choice((0.0, 0.5, 5.0, 60.0))
                        asyncio.get_running_loop().call_later(delay, self._end_traffic, item.metadata.name)

    def _eligible(self) -> dict[str, str]:
        """Return uid and name of those that may have traffic (`pkg/proxy/topology.go`)."""
        every = [endpoint for item in self.store.objects(EndpointSlice) for endpoint in item.endpoints]
        chosen = [item for item in every if item.conditions.ready] or [
            item for item in every if item.conditions.serving and item.conditions.terminating
        ]
        return {item.target_ref.uid: item.target_ref.name for item in chosen if item.target_ref}

    def _is_leaving(self, name: str) -> bool:
        pod = self.store.find(Pod, "default", name)
        return pod is None or pod.terminating

    def _end_traffic(self, uid: str) -> None:
        if uid not in self._eligible():
            self.store.remove(PodTraffic, "default", uid)

    # -- what can happen to them

    def _crash(self, which: int) -> None:
        self.runtime.crash(which, which % 2)

    def _wedge(self, which: int) -> None:
        self.runtime.wedge(which)

    def _change_mood(self, which: int) -> None:
        self.runtime.mood = MOODS[which % len(MOODS)]

    def _scale(self, which: int) -> None:
        self._change(lambda spec: replace(spec, replicas=which % (MOST_REPLICAS + 1)))

    def _roll_out(self, which: int) -> None:
        """Change the template, to one of several: an older one may come back."""
        meta = replace(TEMPLATE.metadata, annotations={"version": str(self.dice.randrange(20))})
        self._change(lambda spec: replace(spec, template=replace(TEMPLATE, metadata=meta)))

    def _change(self, change: Callable[[DeploymentSpec], DeploymentSpec]) -> None:
        with suppress(NotFoundError):
            self.store.update(
                Deployment, "default", "web", lambda item: replace(item, spec=change(item.spec))
            )

    def _delete_pod(self, which: int) -> None:
        pods = self.store.objects(Pod)
        if pods:
            grace = (30, 0, 3, 120)[which % 4]
            self.store.mark_deleted(Pod, "default", pods[which % len(pods)].metadata.name, grace)

    def _take_pod(self, which: int) -> None:
        """Somebody takes a pod from the store without asking anybody."""
        pods = self.store.objects(Pod)
        if pods:
            self.store.remove(Pod, "default", pods[which % len(pods)].metadata.name)

    def _delete_workload(self, which: int) -> None:
        if self.store.find(Deployment, "default", "web") is not None:
            self.store.mark_deleted(Deployment, "default", "web", 0)

    def _add_what_is_missing(self, which: int) -> None:
        self._deploy()
        for name in LONERS:
            self._add_loner(name)

    def _suspect(self, which: int) -> None:
        """Traffic is refused: the readiness probe is asked out of turn."""
        pods = self.store.objects(Pod)
        if not pods:
            return
        meta = pods[which % len(pods)].metadata
        now = self.clock.now()
        if self.store.find(Suspicion, "default", meta.uid) is not None:
            self.store.remove(Suspicion, "default", meta.uid)
        named = ObjectMeta(name=meta.uid, namespace="default")
        self.store.create(Suspicion(metadata=named, pod_name=meta.name, suspected_at=now))
        self.store.remove(Suspicion, "default", meta.uid)


DEEDS: Mapping[str, Callable[[Day, int], None]] = {
    "crash": Day._crash,
    "wedge": Day._wedge,
    "mood": Day._change_mood,
    "scale": Day._scale,
    "roll out": Day._roll_out,
    "delete": Day._delete_pod,
    "take": Day._take_pod,
    "delete workload": Day._delete_workload,
    "add": Day._add_what_is_missing,
    "suspect": Day._suspect,
}
