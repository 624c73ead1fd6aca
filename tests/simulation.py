"""An event loop whose time is simulated, and a runtime whose containers are scripts.

`simulate(story)` runs a coroutine function on a loop that never waits: when nothing is ready, time
jumps to the next timer. `story` gets a `World`. A loop with nothing left to wait for fails.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from readylb.control.clock import Clock
from readylb.control.event_sink import StoreEventSink
from readylb.control.pods.controller import PodController
from readylb.control.probes.controller import ProbeController
from readylb.control.runtimes.runtime import ContainerExit, ExecResult, Sandbox, Warn
from readylb.control.store import Store
from readylb.control.tasks import TaskGroup
from readylb.errors import RuntimeFailureError
from readylb.model import Event, Pod
from readylb.model.container import Container, ContainerStatus
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.telemetry.events import EventRecorder

W = TypeVar("W", bound="World")

EPOCH = 1_700_000_000.0


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.on_rest: Callable[[], None] | None = None

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            msg = "the simulated loop has nothing left to wait for"
            raise RuntimeError(msg)
        if not ready and timeout:
            if self.on_rest is not None:
                self.on_rest()
            self.time += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._simulated = _Selector()
        super().__init__(self._simulated)
        self._clock_resolution = 1e-7  # a float cannot hold nanoseconds of years

    def time(self) -> float:
        return self._simulated.time

    def on_rest(self, look: Callable[[], None] | None) -> None:
        """Have `look` called whenever all that could happen has happened, before time passes."""
        self._simulated.on_rest = look


class LoopClock:
    """Epoch seconds that follow the running loop's time."""

    def now(self) -> float:
        return EPOCH + asyncio.get_running_loop().time()


@dataclass
class FakeContainer:
    """Runs until `end` is called, or for `lives` seconds; on TERM ends after `dies_after` seconds."""

    container_id: str
    started_at: float
    dies_after: float = 0.0
    ignores_term: bool = False
    term_code: int = 143
    graces: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended: asyncio.Future[ContainerExit] = asyncio.get_running_loop().create_future()

    def end(self, code: int = 0, signal: int = 0, reason: str = "") -> None:
        if not self._ended.done():
            now = LoopClock().now()
            self._ended.set_result(ContainerExit(code, signal, self.started_at, now, reason))

    async def wait(self) -> ContainerExit:
        return await asyncio.shield(self._ended)

    async def stop(self, grace_seconds: float) -> ContainerExit:
        self.graces.append(grace_seconds)
        patience = grace_seconds if self.ignores_term else min(self.dies_after, grace_seconds)
        await asyncio.wait({self._ended}, timeout=patience)
        if self.ignores_term:
            self.end(137, 9)
        self.end(self.term_code, 15 if self.term_code == 143 else 0)
        return await self.wait()


class FakeRuntime:
    """Starts FakeContainers. `on_start` shapes each new one; `on_exec` answers exec probes."""

    def __init__(self) -> None:
        self.containers: dict[tuple[str, str], FakeContainer] = {}
        self.starts: list[tuple[str, int]] = []
        self.removed: list[str] = []
        self.prepare_faults: list[str] = []
        self.warnings: tuple[Warn, ...] = ()
        self.start_faults: list[str] = []
        self.on_start: Callable[[FakeContainer], None] = lambda _: None
        self.on_restart: Callable[[Pod, int], str] = lambda *_: "as it was told"
        #: How long an endpoint's hook takes, and how often it was cancelled meanwhile.
        self.hook_seconds = 0.0
        self.hooks_cancelled = 0
        self.on_exec: Callable[[Pod, tuple[str, ...]], ExecResult] = lambda *_: ExecResult(0, b"")

    def get(self, pod: str, container: str = "main") -> FakeContainer:
        return self.containers[pod, container]

    async def prepare(self, pod: Pod) -> Sandbox:
        if self.prepare_faults:
            raise RuntimeFailureError(self.prepare_faults.pop(0))
        return Sandbox("127.0.0.1", warnings=self.warnings)

    async def start(self, pod: Pod, container: Container, attempt: int) -> FakeContainer:
        self.starts.append((container.name, attempt))
        key = (pod.metadata.name, container.name)
        previous = self.containers.get(key)
        assert previous is None or previous._ended.done(), "two incarnations at once"
        if self.start_faults:
            raise RuntimeFailureError(self.start_faults.pop(0))
        name = f"fake://{pod.metadata.name}-{container.name}-{attempt}"
        self.containers[key] = FakeContainer(name, LoopClock().now())
        self.on_start(self.containers[key])
        return self.containers[key]

    async def restart(self, pod: Pod, container: Container, count: int) -> str:
        """Have an endpoint restarted that somebody else runs: what its hook does."""
        said = self.on_restart(pod, count)
        try:
            await asyncio.sleep(self.hook_seconds)
        except asyncio.CancelledError:
            self.hooks_cancelled += 1
            raise
        return said

    async def exec_sync(
        self, pod: Pod, container: str, command: tuple[str, ...], timeout_seconds: float, limit: int = 10240
    ) -> ExecResult:
        result = self.on_exec(pod, command)
        if result.timed_out:
            await asyncio.sleep(timeout_seconds)
        return result

    async def exec_session(
        self, pod: Pod, container: str, command: tuple[str, ...], *, stdin: bool, tty: bool
    ) -> Any:
        msg = "this runtime has no sessions"
        raise RuntimeFailureError(msg)

    async def logs(
        self, pod: Pod, container: str, *, previous: bool, follow: bool, tail: int | None
    ) -> AsyncIterator[tuple[float, bytes]]:
        yield 0.0, b""

    async def remove(self, pod: Pod) -> None:
        self.removed.append(pod.metadata.name)

    async def close(self) -> None:
        self.containers.clear()


class ProbeCounts:
    """Counts probes by (kind, result); what telemetry.metrics does for real."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self.forgotten: list[str] = []

    def probe(  # noqa: PLR0917 -- the labels of the real one
        self,
        probe_type: str,
        result: str,
        container: str,
        pod: str,
        namespace: str,
        pod_uid: str,
        seconds: float,
    ) -> None:
        key = (probe_type, result)
        self.counts[key] = self.counts.get(key, 0) + 1

    def forget_pod(self, uid: str) -> None:
        self.forgotten.append(uid)


class World:
    """A store with the pod and probe controllers around a fake runtime."""

    recorder_class: type[EventRecorder] = EventRecorder

    def __init__(self, clock: Clock | None = None, runtime: FakeRuntime | None = None) -> None:
        self.clock = clock or LoopClock()
        self.store = Store(self.clock)
        self.runtime = runtime or FakeRuntime()
        self.faults: list[BaseException] = []
        self.tasks = TaskGroup("test", self.faults.append)
        self.recorder = self.recorder_class(StoreEventSink(self.store), self.clock.now)
        self.metrics = ProbeCounts()
        self.pods = PodController(
            self.store,
            self.clock,
            lambda _: self.runtime,
            self.recorder,
            self.tasks,
            "here",
            self.runtime.restart,
        )
        self.probes = ProbeController(
            self.store,
            self.clock,
            lambda _: self.runtime,
            self.recorder,
            self.metrics,
            self.tasks,
            random.Random(1),
        )
        self.tasks.spawn("pods", self.pods.run())
        self.tasks.spawn("probes", self.probes.run())

    def add(self, name: str, *containers: Container, **spec: Any) -> Pod:
        meta = ObjectMeta(name=name, namespace="default")
        return self.store.create(Pod(metadata=meta, spec=PodSpec(containers=containers, **spec)))

    def pod(self, name: str) -> Pod:
        return self.store.get(Pod, "default", name)

    def status(self, name: str, container: str = "main") -> ContainerStatus:
        found = self.pod(name).container_status(container)
        assert found is not None
        return found

    def events(self, reason: str = "") -> list[Event]:
        return [item for item in self.store.objects(Event) if reason in {"", item.reason}]

    def counts(self) -> dict[str, int]:
        """Count per reason, repeated ones included."""
        found: dict[str, int] = {}
        for item in self.events():
            found[item.reason] = found.get(item.reason, 0) + item.count
        return found

    @property
    def elapsed(self) -> float:
        return self.clock.now() - EPOCH

    async def until(self, moment: float) -> None:
        """Let time pass to `moment` seconds after the beginning; then let all that is ready happen."""
        await asyncio.sleep(max(0.0, moment - self.elapsed) + 0.001)
        await settle()


async def settle() -> None:
    """Let everything happen that needs no time."""
    for _ in range(50):
        await asyncio.sleep(0)


def simulate(story: Callable[[W], Coroutine[Any, Any, None]], make: Callable[[], W] = World) -> None:  # type: ignore[assignment]
    """Run a story in simulated time, in the world that `make` returns; every task must live through it."""

    async def main() -> None:
        world = make()
        try:
            await story(world)
        finally:
            await world.tasks.stop()
        assert world.faults == []

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(main())
