"""Not all at once: the last Ready pod of a Service is not restarted while others fail."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation import World, settle, simulate

from readylb.control.runtimes.runtime import ExecResult
from readylb.core.disruption import DISRUPTION_BUDGET
from readylb.model import Pod, Service
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.model.probe import ExecAction, Probe
from readylb.model.service import ServiceSpec


class Dependency:
    """What all replicas ask of in their liveness probe; they are ready when they are young no more."""

    def __init__(self, world: World, budget: str = "") -> None:
        self.up = True
        self.world = world
        notes = {DISRUPTION_BUDGET: budget} if budget else {}
        meta = ObjectMeta(name="web", namespace="default", annotations=notes)
        world.store.create(Service(metadata=meta, spec=ServiceSpec(selector={"app": "web"})))
        world.runtime.on_exec = self.answer
        for index in range(3):
            self.add(f"web-{index}")

    def add(self, name: str) -> None:
        def ask(word: str) -> Probe:
            return Probe(exec=ExecAction(command=(word,)), period_seconds=1, failure_threshold=1)

        main = Container(name="main", liveness_probe=ask("live"), readiness_probe=ask("ready"))
        meta = ObjectMeta(name=name, namespace="default", labels={"app": "web"})
        self.world.store.create(Pod(metadata=meta, spec=PodSpec(containers=(main,))))

    def answer(self, pod: Pod, command: tuple[str, ...]) -> ExecResult:
        age = self.world.clock.now() - self.world.runtime.get(pod.metadata.name).started_at
        fine = age >= 5 if command == ("ready",) else self.up or age < 5
        return ExecResult(0 if fine else 1, b"")

    def restarts(self) -> list[int]:
        return sorted(self.world.status(f"web-{index}").restart_count for index in range(3))

    def ready(self) -> int:
        return sum(self.world.pod(f"web-{index}").ready for index in range(3))


def test_the_last_ready_replica_serves_on_until_another_is_ready() -> None:
    async def story(world: World) -> None:
        dependency = Dependency(world)
        await world.until(10)
        assert dependency.ready() == 3
        dependency.up = False
        await world.until(12)
        assert (dependency.restarts(), dependency.ready()) == ([0, 1, 1], 1)
        (event,) = world.events("RestartPostponed")
        assert event.message == (
            "Container main failed liveness probe, its restart is postponed: "
            "this is the last Ready pod of service/web"
        )
        dependency.up = True
        await world.until(18)
        assert dependency.restarts() == [1, 1, 1], "it had failed, so it goes as soon as others can take over"
        await world.until(25)
        assert dependency.ready() == 3

    simulate(story)


def test_without_a_budget_all_are_restarted_at_once() -> None:
    async def story(world: World) -> None:
        dependency = Dependency(world, "none")
        await world.until(10)
        dependency.up = False
        await world.until(12)
        assert (dependency.restarts(), dependency.ready()) == ([1, 1, 1], 0)
        assert world.events("RestartPostponed") == []

    simulate(story)


def test_a_budget_that_is_lifted_takes_effect_on_a_restart_that_waits() -> None:
    async def story(world: World) -> None:
        dependency = Dependency(world)
        await world.until(10)
        dependency.up = False
        await world.until(12)
        assert dependency.restarts() == [0, 1, 1]

        def lift(service: Service) -> Service:
            return replace(
                service, metadata=replace(service.metadata, annotations={DISRUPTION_BUDGET: "none"})
            )

        world.store.update(Service, "default", "web", lift)
        await settle()
        assert dependency.restarts() == [1, 1, 1]

    simulate(story)


def test_a_postponed_restart_ends_when_the_pod_is_deleted() -> None:
    async def story(world: World) -> None:
        dependency = Dependency(world)
        await world.until(10)
        dependency.up = False
        await world.until(12)
        last = next(pod.metadata.name for pod in world.store.objects(Pod) if pod.ready)
        world.store.mark_deleted(Pod, "default", last, 30)
        await world.until(13)
        assert world.store.find(Pod, "default", last) is None

    simulate(story)
