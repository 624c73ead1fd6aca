"""Stories of endpoints that somebody else runs: their hooks, what these are told, and who has traffic."""

from __future__ import annotations

from typing import Any

from tests.simulation import World, simulate

from readylb.control.runtimes.runtime import ExecResult
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.model.probe import ExecAction, Probe

OK, SICK = ExecResult(0, b"ok"), ExecResult(1, b"HTTP\0 500\n")


def probe(command: str = "alive", **fields: Any) -> Probe:
    settings = {"period_seconds": 1, "failure_threshold": 2} | fields
    return Probe(exec=ExecAction(command=(command,)), **settings)


class Endpoint:
    """One endpoint with a restart hook; `alive` and `ready` are what it answers."""

    def __init__(self, world: World, **probes: Probe) -> None:
        self.world = world
        self.alive = self.ready = True
        #: Whether a hook that runs works: else it fails.
        self.hook_works = True
        #: (second, reason, message, count) of each run of the hook.
        self.runs: list[tuple[int, str, str, int]] = []
        world.runtime.on_exec = self._answer
        world.runtime.on_restart = self._restart
        meta = ObjectMeta(name="web-0", annotations={"readylb.io/restart": "{}"})
        web = Container(name="web", **probes)  # type: ignore[arg-type]
        world.store.create(Pod(metadata=meta, spec=PodSpec(containers=(web,), runtime_class_name="external")))

    @property
    def in_rotation(self) -> bool:
        return self.world.pod("web-0").ready

    @property
    def told(self) -> list[tuple[str, str, str]]:
        return [
            (item.type, item.reason, item.message) for item in self.world.events() if "Hook" in item.reason
        ]

    def _answer(self, _: Pod, command: tuple[str, ...]) -> ExecResult:
        return OK if (self.alive if command == ("alive",) else self.ready) else SICK

    def _restart(self, pod: Pod, count: int) -> str:
        ended = pod.status.container_statuses[0].state.terminated
        assert ended is not None
        self.runs.append((round(self.world.elapsed), ended.reason, ended.message, count))
        assert not self.in_rotation
        if not self.hook_works:
            msg = "it did not work"
            raise RuntimeFailureError(msg)
        self.alive = True
        return "it worked"


def test_a_hook_is_told_which_probe_failed_and_what_it_said() -> None:
    async def story(world: World) -> None:
        endpoint = Endpoint(world, liveness_probe=probe(), readiness_probe=probe("ready"))
        await world.until(10)
        assert endpoint.in_rotation
        endpoint.alive = False
        await world.until(15)
        assert endpoint.runs == [(12, "LivenessProbeFailed", "HTTP? 500", 1)]
        assert endpoint.told == [("Normal", "RestartHookDone", "it worked")]
        assert endpoint.in_rotation
        assert world.counts()["Started"] == 2

    simulate(story)


def test_a_startup_probe_that_fails_runs_the_hook_for_that_reason() -> None:
    async def story(world: World) -> None:
        endpoint = Endpoint(world, startup_probe=probe(failure_threshold=3), liveness_probe=probe())
        endpoint.alive = False
        await world.until(2.5)
        assert endpoint.runs == [(2, "StartupProbeFailed", "HTTP? 500", 1)]
        await world.until(4)
        assert endpoint.in_rotation

    simulate(story)


def test_an_endpoint_whose_hook_has_failed_stays_out_although_its_readiness_passes() -> None:
    async def story(world: World) -> None:
        endpoint = Endpoint(world, liveness_probe=probe(), readiness_probe=probe("ready"))
        await world.until(10)
        endpoint.alive = endpoint.hook_works = False
        for second in range(12, 83):
            await world.until(second + 0.5)
            assert not endpoint.in_rotation, second
        # The first at once, then after 10, 20, 40 s: nothing new has to fail for that.
        assert [second for second, *_ in endpoint.runs] == [12, 22, 42, 82]
        assert {run[1:3] for run in endpoint.runs} == {("LivenessProbeFailed", "HTTP? 500")}
        assert set(endpoint.told) == {("Warning", "FailedRestartHook", "it did not work")}
        assert world.counts()["Started"] == 1, "nothing was started"
        endpoint.hook_works = True
        await world.until(164.5)
        assert endpoint.runs[-1][0] == 162
        assert endpoint.in_rotation

    simulate(story)


def test_an_endpoint_without_readiness_probe_is_out_until_it_lives_again_or_is_restarted() -> None:
    async def story(world: World) -> None:
        endpoint = Endpoint(world, liveness_probe=probe())
        await world.until(10)
        endpoint.alive = endpoint.hook_works = False
        for second in range(12, 18):
            await world.until(second + 0.5)
            assert not endpoint.in_rotation, second
        endpoint.alive = True
        await world.until(18.5)
        assert endpoint.in_rotation, "it was probed all the time, and lives"
        await world.until(100)
        assert len(endpoint.runs) == 1

    simulate(story)


def test_an_endpoint_that_has_started_need_not_start_again_when_its_hook_fails() -> None:
    async def story(world: World) -> None:
        endpoint = Endpoint(
            world,
            startup_probe=probe("ready"),
            liveness_probe=probe(),
            readiness_probe=probe("ready"),
        )
        await world.until(10)
        endpoint.alive = endpoint.hook_works = False
        await world.until(15)
        endpoint.alive = True
        await world.until(16.5)
        assert endpoint.in_rotation

    simulate(story)


def test_while_a_hook_runs_the_endpoint_is_out_and_no_other_hook_begins() -> None:
    async def story(world: World) -> None:
        endpoint = Endpoint(world, liveness_probe=probe(), readiness_probe=probe("ready"))
        world.runtime.hook_seconds = 60
        await world.until(10)
        endpoint.alive = False
        for second in range(12, 72):
            await world.until(second + 0.5)
            assert not endpoint.in_rotation, second
        assert len(endpoint.runs) == 1
        await world.until(74)
        assert endpoint.in_rotation

    simulate(story)


def test_a_hook_is_given_up_when_its_pod_is_deleted() -> None:
    async def story(world: World) -> None:
        endpoint = Endpoint(world, liveness_probe=probe())
        world.runtime.hook_seconds = 60
        endpoint.alive = False
        await world.until(5)
        assert len(endpoint.runs) == 1
        world.store.mark_deleted(Pod, "default", "web-0", 30)
        await world.until(6)
        assert world.runtime.hooks_cancelled == 1
        assert world.store.find(Pod, "default", "web-0") is None

    simulate(story)
