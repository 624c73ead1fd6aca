"""What is seen of a crash loop, of a probe that never passes and of a deletion, told by kubelet's rules."""

from __future__ import annotations

import itertools

from tests.simulation import FakeContainer, World, simulate

from readylb.control.runtimes.runtime import ExecResult
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.pod import PodPhase
from readylb.model.probe import ExecAction, Probe

DELAYS = (10, 20, 40, 80, 160, 300, 300)
WRITTEN = ("10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s")


def crash_at_once(container: FakeContainer) -> None:
    container.end(1)


def test_crash_loop_back_off_says_how_long_and_after_how_many_restarts() -> None:
    """`kuberuntime_manager.go`, doBackOff; `kubelet_pods.go`: the exit moves to lastState."""

    async def story(world: World) -> None:
        world.runtime.on_start = crash_at_once
        pod = world.add("loop", Container(name="main"))
        who = f"loop_default({pod.metadata.uid})"
        begin = 0.0
        for restarts, (delay, written) in enumerate(zip(DELAYS, WRITTEN, strict=True), start=1):
            for moment in (begin + 0.5, begin + delay - 0.5):
                await world.until(moment)
                status = world.status("loop")
                assert status.restart_count == restarts, "it rises with the new container"
                assert status.state.waiting is not None
                assert status.state.waiting.reason == "CrashLoopBackOff"
                assert status.state.waiting.message == (
                    f"back-off {written} restarting failed container=main pod={who}"
                )
                assert status.last_state.terminated is not None
                assert status.last_state.terminated.exit_code == 1
                assert world.pod("loop").status.phase is PodPhase.RUNNING
            begin += delay
        (event,) = world.events("BackOff")
        assert event.message == f"Back-off restarting failed container main in pod {who}"
        assert event.count == len(DELAYS), "one for each refused attempt"

    simulate(story)


def test_the_count_of_an_event_that_comes_too_often_jumps_when_it_is_told_again() -> None:
    """`events_cache.go`, EventSourceObjectSpamFilter: 25 at once, then one in five minutes."""

    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: ExecResult(1, b"not yet")
        asked = Probe(exec=ExecAction(command=("ready",)), period_seconds=1)
        world.add("slow", Container(name="main", readiness_probe=asked))
        seen = []
        for minute in range(1, 61):
            await world.until(minute * 60.0)
            (event,) = world.events("Unhealthy")
            assert event.message == "Readiness probe failed: not yet"
            if event.count not in seen:
                seen.append(event.count)
        assert seen[0] == 25
        jumps = [later - sooner for sooner, later in itertools.pairwise(seen)]
        assert jumps[0] in range(270, 302), "the bucket begins to fill with the first event"
        assert set(jumps[1:]) <= set(range(299, 302))
        assert len(jumps) in {11, 12}

    simulate(story)


def test_readiness_is_asked_until_the_end_and_liveness_is_not_once_a_pod_is_deleted() -> None:
    """`prober/worker.go`, doProbe: liveness and startup stop at the deletion timestamp, readiness goes on."""

    async def story(world: World) -> None:
        asked: list[tuple[str, float]] = []

        def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
            asked.append((command[0], round(world.elapsed)))
            return ExecResult(1 if world.elapsed > 20.5 else 0, b"")

        world.runtime.on_exec = answer
        world.runtime.on_start = lambda container: setattr(container, "ignores_term", True)
        kinds = {
            f"{kind}_probe": Probe(exec=ExecAction(command=(kind,)), period_seconds=1, failure_threshold=1)
            for kind in ("liveness", "readiness")
        }
        world.add("web", Container(name="main", **kinds), termination_grace_period_seconds=30)
        await world.until(20.2)
        assert world.pod("web").ready
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(22.2)
        assert not world.pod("web").ready, "a failing readiness probe tells while it terminates"
        await world.until(60)
        assert max(moment for kind, moment in asked if kind == "liveness") == 20
        assert max(moment for kind, moment in asked if kind == "readiness") in range(49, 52)
        assert not [event for event in world.events("Unhealthy") if "Liveness" in event.message]

    simulate(story)
