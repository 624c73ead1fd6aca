"""The control process: the one place that knows which parts there are and who is handed what."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from readylb.admin.auth import new_token
from readylb.admin.server import AdminDeps, AdminServer
from readylb.app.data_plane import data_plane
from readylb.app.insight import Insight
from readylb.app.narrator import Narrator
from readylb.app.process import FEW_AT_A_TIME, keep_for_ever, settle_memory
from readylb.app.signals import Signals
from readylb.config.problems import AccessLogTarget, Loaded
from readylb.control import controller
from readylb.control.clock import SteadyClock
from readylb.control.endpoints.controller import EndpointsController
from readylb.control.event_sink import StoreEventSink
from readylb.control.pods.controller import PodController
from readylb.control.probes.controller import ProbeController
from readylb.control.reload import Applier
from readylb.control.restarts.restarter import Restarter
from readylb.control.runtimes.table import RuntimeTable
from readylb.control.store import Store
from readylb.control.tasks import TaskGroup
from readylb.control.turns import Turns
from readylb.control.workers.link import Link, LinkSettings
from readylb.control.workloads import table as workloads
from readylb.core.isolation import Isolation
from readylb.errors import ListenError, ReadylbError
from readylb.model import Deployment, EndpointSlice, Pod, ReplicaSet, ReplicationController, Service
from readylb.telemetry.events import EventRecorder
from readylb.telemetry.metrics import Metrics, Sources
from readylb.wire.channel import memory_channel
from readylb.wire.messages import Drain, SetAccessLog

log = logging.getLogger("readylb")

#: How long running exchanges may take to finish after SIGTERM; a pod's default grace period.
DRAIN_SECONDS = 30.0
#: How long the parts may take to end when nothing is waited for any more; they need milliseconds.
STOP_SECONDS = 10.0
#: The workloads, owners first: deleting an owner before what it owns brings nothing back.
_WORKLOADS = (Deployment, ReplicaSet, ReplicationController)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpSettings:
    """What `up` was told. `read` reads the files again; `admin` is an address, `unix:PATH` or `off`.

    `workers` is the number of data-plane processes; 0 keeps the data plane in this one. `access_log`
    returns where the access log goes, None for nowhere. `isolation` what pods share.
    """

    read: Callable[[], Loaded]
    loaded: Loaded
    state_dir: Path
    node_name: str
    bind: str = "127.0.0.1"
    publish: Mapping[tuple[str, int], int] = field(default_factory=dict)
    admin: str = "127.0.0.1:8001"
    workers: int = 0
    log_format: str = "text"
    isolation: Callable[[Loaded], Isolation] = lambda loaded: loaded.isolation or Isolation()
    access_log: Callable[[Loaded], AccessLogTarget | None] = lambda loaded: loaded.access_log


class ControlProcess:
    """Everything of one `readylb up`, from the first bind to the last child's end."""

    def __init__(self, settings: UpSettings) -> None:
        """Build the parts; nothing runs yet. Must be called in a running loop."""
        self._settings = settings
        self._fault: BaseException | None = None
        self._failed = asyncio.Event()
        self._reloads = asyncio.Event()
        self._serving = False
        self._access_log = SetAccessLog()
        self.clock = SteadyClock()
        self.store = Store(self.clock)
        self.metrics = Metrics()
        self.recorder = EventRecorder(StoreEventSink(self.store), self.clock.now)
        self._isolation = settings.isolation(settings.loaded)
        self.runtimes = RuntimeTable(
            self.clock, settings.state_dir, settings.loaded.images, self._on_fatal, self._isolation
        )
        self.applier = Applier(self.store)
        self._channel, worker_end = memory_channel()
        self._data_plane = data_plane(
            settings.workers, worker_end, self.clock, self.metrics, self._on_fatal, settings.log_format
        )
        self.link = Link(
            self.store,
            self.clock,
            self._channel,
            self.recorder,
            self.metrics,
            LinkSettings(bind=settings.bind, publish=settings.publish),
        )
        self.metrics.read_state(
            Sources(
                pods=lambda: self.store.objects(Pod),
                services=lambda: self.store.objects(Service),
                slices=lambda: self.store.objects(EndpointSlice),
                in_force=self.link.in_force,
            )
        )
        self._services = TaskGroup("services", self._on_fatal)
        self._workloads = TaskGroup("workloads", self._on_fatal)
        self._pods = TaskGroup("pods", self._on_fatal)
        self._admin: AdminServer | None = None
        self._insight = Insight(self.link.ejections)

    async def run(self) -> int:
        """Serve until told to stop; return the exit code. ReadylbError when it could not begin."""
        signals = Signals(self._reloads.set, self._open_access_log)
        try:
            try:
                if await self._start_unless(signals.stop):
                    await self._wait(signals.stop, self._failed)
                    if self._fault is None:
                        await self._drain(signals)
            finally:
                await self._stop()
        finally:
            signals.restore()
        if self._fault is not None:
            msg = f"cannot go on: {self._fault!r} (this is a bug in readylb; the log above has the details)"
            raise ReadylbError(msg) from self._fault
        return 0

    async def _start_unless(self, stop: asyncio.Event) -> bool:
        """Start, and say so; give it up at once when a signal or a fault comes first."""
        scope = asyncio.timeout(None)

        async def give_up() -> None:
            await self._wait(stop, self._failed)
            scope.reschedule(asyncio.get_running_loop().time())

        try:
            async with scope:
                watching = self._services.spawn("give-up", give_up())
                await self._start()
                watching.cancel()
        except TimeoutError:
            if not scope.expired():
                raise
            log.info("Stopping: the start was given up")
            return False
        return True

    async def _start(self) -> None:
        loaded = self._settings.loaded
        await self.runtimes.open()
        await self._start_admin()
        self._services.spawn("narrator", Narrator(self.store).run())
        self._data_plane.start()
        await self._data_plane.started()
        self._access_log = self._access_log_of(loaded)
        self._open_access_log()
        objects = list(loaded.objects)
        await self.applier.apply(item for item in objects if isinstance(item, Service))
        self._services.spawn("link", self.link.run())
        endpoints = EndpointsController(self.store, self.clock)
        self._services.spawn("endpoints", controller.run(self.store, endpoints))
        await self._listening()
        settle_memory(FEW_AT_A_TIME)
        self._start_pods()
        self._workloads.spawn("applier", self.applier.run())
        await self.applier.apply(objects)
        self._workloads.spawn("reloads", self._reload_when_told())
        keep_for_ever()
        self._serving = True

    def _start_pods(self) -> None:
        rng = random.Random()  # noqa: S311  # names and jitter are no secrets
        pods = PodController(
            self.store,
            self.clock,
            self.runtimes.for_pod,
            self.recorder,
            self._pods,
            self._settings.node_name,
            Restarter().restart,
        )
        probes = ProbeController(
            self.store, self.clock, self.runtimes.for_pod, self.recorder, self.metrics, self._pods, rng
        )
        self._insight.look_into(pods, probes)
        self._pods.spawn("pods", pods.run())
        self._pods.spawn("probes", probes.run())
        for reconciler in workloads.reconcilers(self.store, self.clock, self.recorder, rng):
            name = type(reconciler).__name__
            self._workloads.spawn(name, controller.run(self.store, reconciler))

    async def _start_admin(self) -> None:
        if self._settings.admin == "off":
            return
        deps = AdminDeps(
            self.store,
            self.clock,
            self.runtimes.for_pod,
            self.recorder,
            self.metrics,
            self._ready,
            self._insight,
            lambda: self.runtimes.images,
        )
        self._admin = AdminServer(deps, self._settings.admin, new_token())
        await self._admin.start()
        log.info(
            "Admin API at %s: readylb get pods --admin %s",
            self._admin.address,
            self._admin.address,
            extra={"reason": "Listening", "object": "AdminAPI"},
        )

    async def _listening(self) -> None:
        """Wait until every Service port listens; ListenError with all that do not."""
        await self.link.started()
        if self.link.listen_failures:
            raise ListenError("\n".join(failure.error for failure in self.link.listen_failures))
        for service in self.store.objects(Service):
            for port in service.spec.ports:
                state = self.link.state(service, port)
                if state is not None and state.settings is not None and state.local_port is not None:
                    log.info(
                        "Listening service/%s: %s://%s:%d -> port %s of its Ready pods",
                        service.metadata.name,
                        "tcp" if state.settings.protocol == "tcp" else "http",
                        self._settings.bind,
                        state.local_port,
                        port.target_port or port.port,
                        extra={"reason": "Listening", "object": f"Service/{service.metadata.name}"},
                    )

    def _ready(self) -> tuple[bool, str]:
        """Say whether this balancer itself may have traffic (`/readyz`), and why not."""
        if not self._serving:
            return False, "readylb is starting or stopping"
        return True, ""

    def _open_access_log(self) -> None:
        """Have the access log opened anew."""
        self._channel.send(self._access_log)

    def _access_log_of(self, loaded: Loaded) -> SetAccessLog:
        target = self._settings.access_log(loaded)
        return SetAccessLog(target.path, target.line_format) if target else SetAccessLog()

    async def _reload_when_told(self) -> None:
        """Reload once for all that was asked for while one reload was under way."""
        while await self._reloads.wait():
            self._reloads.clear()
            await self._reload()

    async def _reload(self) -> None:
        try:
            # Beside the loop: it takes a while, and nobody else has what it makes.
            loaded = await asyncio.to_thread(self._settings.read)
            access_log = self._access_log_of(loaded)
            isolation = self._settings.isolation(loaded)
            applied = await self.applier.apply(loaded.objects)
        except ReadylbError as error:
            log.error("Reload failed, nothing was changed: %s", error)  # noqa: TRY400  # the user's fault: no traceback
            return
        except Exception:  # what runs is worth more than what was asked for last
            log.exception("Reload failed: this is a bug in readylb; what runs goes on (readylb get shows it)")
            return
        self.runtimes.map_images(loaded.images)
        self._access_log = access_log
        self._open_access_log()
        for warning in loaded.warnings:
            log.warning("%s", warning)
        if isolation != self._isolation:
            log.warning("isolation and podCIDR hold from the start: restart readylb to change them")
        for unused in self.link.unmatched_publish():
            log.warning("--publish %s: there is no such Service port now", unused)
        log.info("Reloaded: %s", applied)

    async def _drain(self, signals: Signals) -> None:
        """Stop taking connections, finish what runs, then end the pods; a second signal cuts it short."""
        self._serving = False
        log.info("Stopping: finishing running requests (once more to stop now)")
        drained = asyncio.Event()
        self._services.spawn("drain", self._drain_gently(drained))
        await self._wait(drained, signals.stop_now, self._failed)

    async def _drain_gently(self, drained: asyncio.Event) -> None:
        """In this order, so that nothing is lost: no new connections, running ones end, pods end."""
        self._channel.send(Drain(grace_seconds=DRAIN_SECONDS))
        await self._data_plane.stopped()
        self.link.retire()
        await self._workloads.stop()
        for kind in _WORKLOADS:
            for item in self.store.objects(kind):
                self.store.remove(kind, item.metadata.namespace, item.metadata.name)
        pods = self.store.objects(Pod)
        with self.store.watch(Pod, since=self.store.version) as watch:
            turns = Turns(self.clock)
            for pod in pods:
                meta, grace = pod.metadata, pod.spec.termination_grace_period_seconds
                if self.store.find(Pod, meta.namespace, meta.name) is not None:
                    self.store.mark_deleted(Pod, meta.namespace, meta.name, grace)
                await turns.pause()
            while self.store.objects(Pod):
                await watch.batch()
        drained.set()

    async def _stop(self) -> None:
        """End what is left, at once: after a drain that is only the shells.

        Bounded: whatever cannot be ended ends with this process, and the guardian ends the children.
        """
        self._serving = False
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._stop_parts()
        except TimeoutError:
            log.critical("cannot stop in %.0f s: leaving all the same", STOP_SECONDS)

    async def _stop_parts(self) -> None:
        for group in (self._workloads, self._pods, self._services):
            await group.stop()
        await self.runtimes.close()
        self._channel.send(Drain(grace_seconds=0.0))
        await self._data_plane.stopped()
        self.store.close()
        if self._admin is not None:
            await self._admin.stop()

    async def _wait(self, *events: asyncio.Event) -> None:
        """Return when one of the events is set."""
        waits = [self._services.spawn("wait", event.wait()) for event in events]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()

    def _on_fatal(self, fault: BaseException) -> None:
        self._fault = self._fault or fault
        self._failed.set()
