"""Whatever happens, in whatever order: what must hold of every pod at every moment."""

from __future__ import annotations

import random

import pytest
from tests.simulation import FakeContainer, World, simulate

from readylb.control.runtimes.runtime import ExecResult
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.probe import ExecAction, Probe

HOURS = 3
SECONDS = HOURS * 3600


class Chaos:
    """Answers probes, ends containers and refuses starts at random; remembers who has ever passed."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world = world
        self.rng = rng
        self.passed: set[str] = set()
        world.runtime.on_exec = self.answer
        world.runtime.on_start = self.born

    def answer(self, pod: Pod, command: tuple[str, ...]) -> ExecResult:
        dice = self.rng.random()
        if dice < 0.02:
            msg = "no such program"
            raise RuntimeFailureError(msg)
        if dice < 0.05:
            return ExecResult(-1, b"", timed_out=True)
        if dice < 0.3:
            return ExecResult(1, f"no {self.rng.randrange(20)}".encode())
        if command == ("readiness",):
            self.passed.add(self.world.runtime.get(pod.metadata.name).container_id)
        return ExecResult(0, b"")

    def born(self, container: FakeContainer) -> None:
        container.ignores_term = self.rng.random() < 0.3
        container.dies_after = self.rng.random() * 5
        if self.rng.random() < 0.2:
            self.world.runtime.start_faults.append("no memory left")

    def strike(self) -> None:
        if self.rng.random() < 0.01:
            self.world.runtime.get("web").end(self.rng.choice((0, 1)))


def ask(command: str, **settings: int) -> Probe:
    return Probe(exec=ExecAction(command=(command,)), **settings)


@pytest.mark.parametrize("seed", range(6))
def test_a_pod_in_a_storm_keeps_its_promises(seed: int) -> None:
    async def story(world: World) -> None:
        chaos = Chaos(world, random.Random(seed))
        main = Container(
            name="main",
            startup_probe=ask("startup", period_seconds=2, failure_threshold=4),
            liveness_probe=ask("liveness", period_seconds=3, failure_threshold=3),
            readiness_probe=ask("readiness", period_seconds=1, failure_threshold=2),
        )
        world.add("web", main, restart_policy=("Always", "OnFailure")[seed % 2])
        restarts = 0
        for second in range(1, SECONDS):
            await world.until(second)
            pod, status = world.pod("web"), world.status("web")
            assert status.restart_count >= restarts
            restarts = status.restart_count
            if pod.ready:
                assert status.container_id in chaos.passed
                assert status.started
                assert status.state.running is not None
            states = (status.state.waiting, status.state.running, status.state.terminated)
            assert sum(state is not None for state in states) == 1
            if pod.finished:
                break
            chaos.strike()
        assert restarts > 3 or world.pod("web").finished
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(world.elapsed + 40)
        assert world.store.find(Pod, "default", "web") is None
        assert world.pods._keepers == {}

    simulate(story)
