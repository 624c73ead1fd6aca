"""The scenarios that people know from tutorials, in simulated time."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation import World, simulate

from readylb.control.runtimes.runtime import ExecResult
from readylb.core.durations import human_duration
from readylb.model import Event, Pod
from readylb.model.container import Container, ContainerRestartRule, ContainerRestartRuleOnExitCodes
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodPhase, PodSpec
from readylb.model.probe import ExecAction, Probe, TCPSocketAction

OK = ExecResult(0, b"")
MISSING = ExecResult(1, b"cat: can't open '/tmp/healthy': No such file or directory\n")
SERVER_ERROR = ExecResult(1, b"HTTP probe failed with statuscode: 500")


def probe(**settings: int) -> Probe:
    """Stand in for the story's own question: the fake runtime answers it as the app would."""
    return Probe(exec=ExecAction(command=("cat", "/tmp/healthy")), **settings)


def by_age(world: World, healthy: Callable[[float], bool], failure: ExecResult) -> None:
    """Let the app answer by the seconds since its container started."""

    def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
        name = pod.spec.containers[0].name
        age = world.clock.now() - world.runtime.get(pod.metadata.name, name).started_at
        return OK if healthy(age) else failure

    world.runtime.on_exec = answer


def told(world: World, event: Event) -> str:
    """Return `REASON (xCOUNT over SPAN)`, as `describe` shows it now."""
    span = human_duration(world.clock.now() - (event.first_timestamp or 0.0))
    return f"{event.reason} (x{event.count} over {span})"


def test_s2_a_removed_file_restarts_the_container_after_three_failures() -> None:
    async def story(world: World) -> None:
        there = True
        world.runtime.on_exec = lambda *_: OK if there else MISSING
        liveness = probe(initial_delay_seconds=5, period_seconds=5)
        world.add("liveness-pod", Container(name="liveness", liveness_probe=liveness))
        await world.until(61)
        there = False
        await world.until(74.9)
        assert world.status("liveness-pod", "liveness").restart_count == 0
        await world.until(75.1)
        there = True
        await world.until(200)
        status = world.status("liveness-pod", "liveness")
        assert (status.restart_count, status.ready) == (1, True)
        (unhealthy,) = world.events("Unhealthy")
        assert unhealthy.count == 3
        assert unhealthy.message == (
            "Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory"
        )
        (killing,) = world.events("Killing")
        assert killing.message == "Container liveness failed liveness probe, will be restarted"

    simulate(story)


def test_s3_a_port_that_nobody_listens_on_restarts_the_container() -> None:
    async def story(world: World) -> None:
        tcp = Probe(tcp_socket=TCPSocketAction(port="missing"), initial_delay_seconds=5, period_seconds=5)
        world.add("liveness-pod-tcp", Container(name="liveness", liveness_probe=tcp))
        await world.until(21)
        assert world.status("liveness-pod-tcp", "liveness").restart_count == 0
        assert world.events("Unhealthy")[0].count == 4

    simulate(story)


def test_s4_an_app_that_fails_after_20_seconds_is_restarted_again_and_again() -> None:
    async def story(world: World) -> None:
        by_age(world, lambda age: age <= 20, SERVER_ERROR)
        liveness = probe(initial_delay_seconds=3, period_seconds=3)
        world.add("nodeapp", Container(name="liveness1", liveness_probe=liveness))
        await world.until(27.1)
        assert world.status("nodeapp", "liveness1").restart_count == 1
        await world.until(81.1)
        assert world.status("nodeapp", "liveness1").restart_count == 3
        (unhealthy,) = world.events("Unhealthy")
        assert unhealthy.message == "Liveness probe failed: HTTP probe failed with statuscode: 500"
        assert told(world, unhealthy) == "Unhealthy (x9 over 60s)"

    simulate(story)


def test_s5_the_shell_one_liner_ends_in_crash_loop_back_off() -> None:
    async def story(world: World) -> None:
        world.runtime.on_start = lambda container: setattr(container, "ignores_term", True)
        by_age(world, lambda age: age < 30, MISSING)
        liveness = probe(initial_delay_seconds=5, period_seconds=5)
        pod = world.add("liveness2", Container(name="liveness2", liveness_probe=liveness))
        starts: list[int] = []
        before = -1
        for second in range(36 * 60):
            await world.until(second)
            if (count := world.status("liveness2", "liveness2").restart_count) != before:
                starts, before = [*starts, second], count
            if second == 270:
                assert {told(world, event) for event in world.events()} == {
                    "Created (x4 over 4m30s)",
                    "Started (x4 over 4m30s)",
                    "Unhealthy (x12 over 4m)",
                    "Killing (x4 over 3m50s)",
                }
        # 40 s to the third failure and 30 s of grace make 70. A kill is judged by the exit before it, so
        # back-off shows when it outgrows 70 s, and every second restart is immediate once it is 300 s.
        assert starts == [0, 70, 140, 210, 280, 350, 500, 730, 1100, 1170, 1540, 1610, 1980, 2050]
        status = world.status("liveness2", "liveness2")
        assert status.state.waiting is not None
        assert status.state.waiting.reason == "CrashLoopBackOff"
        (back_off,) = world.events("BackOff")
        who = f"liveness2_default({pod.metadata.uid})"
        assert back_off.message == f"Back-off restarting failed container liveness2 in pod {who}"

    simulate(story)


def test_s8_an_endpoint_of_somebody_else_leaves_by_its_liveness_and_comes_back_by_it() -> None:
    async def story(world: World) -> None:
        alive = True
        world.runtime.on_exec = lambda *_: OK if alive else SERVER_ERROR
        liveness = probe(period_seconds=1)
        world.add("web-0", Container(name="web", liveness_probe=liveness), runtime_class_name="external")
        await world.until(5)
        alive = False
        await world.until(7.9)
        assert world.pod("web-0").ready
        await world.until(8.1)
        assert not world.pod("web-0").ready
        await world.until(1000)
        assert world.status("web-0", "web").restart_count == 0
        assert world.events("Killing") == []
        alive = True
        await world.until(1001.1)
        assert world.pod("web-0").ready

    simulate(story)


def test_s8_a_restart_hook_runs_with_back_off() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: SERVER_ERROR
        web = Container(name="web", liveness_probe=probe(period_seconds=1))
        meta = ObjectMeta(name="web-0", annotations={"readylb.io/restart": "{}"})
        world.store.create(Pod(metadata=meta, spec=PodSpec(containers=(web,), runtime_class_name="external")))
        restarts: list[float] = []
        world.runtime.on_start = lambda _: restarts.append(round(world.elapsed))
        await world.until(100)
        assert restarts == [0, 2, 12, 32, 72]
        assert world.events("Killing")[0].message == "Container web failed liveness probe, will be restarted"

    simulate(story)


def test_s8_an_endpoint_that_comes_back_by_itself_rejoins_at_once_and_is_not_restarted() -> None:
    async def story(world: World) -> None:
        down = (range(20, 28), range(33, 37))
        world.runtime.on_exec = lambda *_: (
            SERVER_ERROR if any(int(world.elapsed) in gap for gap in down) else OK
        )
        web = Container(
            name="web",
            liveness_probe=probe(period_seconds=1, failure_threshold=1),
            readiness_probe=probe(period_seconds=1, failure_threshold=1),
        )
        meta = ObjectMeta(name="web-0", annotations={"readylb.io/restart": "{}"})
        world.store.create(Pod(metadata=meta, spec=PodSpec(containers=(web,), runtime_class_name="external")))
        starts: list[float] = []
        world.runtime.on_start = lambda _: starts.append(round(world.elapsed))
        await world.until(27.5)
        assert (starts, world.pod("web-0").ready) == ([0, 20], False), "the hook ran once, and is held back"
        await world.until(29.5)
        assert world.pod("web-0").ready, "it came back by itself"
        await world.until(36.5)
        assert (starts, world.pod("web-0").ready) == ([0, 20, 33], False), "down again after the back-off"
        await world.until(38.5)
        assert world.pod("web-0").ready
        await world.until(100)
        assert starts == [0, 20, 33], "nobody restarts what is healthy"

    simulate(story)


def test_s6_a_slow_starter_becomes_ready_after_a_minute_and_is_never_restarted() -> None:
    async def story(world: World) -> None:
        by_age(world, lambda age: age >= 60, SERVER_ERROR)
        readiness = probe(initial_delay_seconds=5, period_seconds=5)
        world.add("nodeapp-readiness", Container(name="readiness", readiness_probe=readiness))
        await world.until(59.9)
        assert not world.pod("nodeapp-readiness").ready
        await world.until(60.1)
        assert world.pod("nodeapp-readiness").ready
        assert world.status("nodeapp-readiness", "readiness").restart_count == 0
        assert world.events("Unhealthy")[0].count == 11

    simulate(story)


def test_s7_liveness_alone_restarts_a_slow_starter_for_ever() -> None:
    async def story(world: World) -> None:
        by_age(world, lambda age: age >= 60, SERVER_ERROR)
        liveness = probe(initial_delay_seconds=3, period_seconds=3, failure_threshold=2)
        world.add("nodeapp-startup", Container(name="startup1", liveness_probe=liveness))
        await world.until(600)
        status = world.status("nodeapp-startup", "startup1")
        assert status.restart_count >= 6
        assert status.last_state.terminated is not None

    simulate(story)


def test_s7_a_startup_probe_gives_it_the_time_it_needs() -> None:
    async def story(world: World) -> None:
        by_age(world, lambda age: 60 <= age < 200, SERVER_ERROR)
        world.add(
            "nodeapp-startup",
            Container(
                name="startup1",
                liveness_probe=probe(initial_delay_seconds=3, period_seconds=3, failure_threshold=2),
                startup_probe=probe(period_seconds=10, failure_threshold=10),
            ),
        )
        await world.until(59.9)
        assert not world.pod("nodeapp-startup").ready
        await world.until(60.1)
        assert world.pod("nodeapp-startup").ready
        await world.until(199)
        assert world.status("nodeapp-startup", "startup1").restart_count == 0
        await world.until(207)
        assert world.status("nodeapp-startup", "startup1").restart_count == 1

    simulate(story)


def test_a_rule_restarts_what_the_policy_would_leave_and_it_is_ready_again() -> None:
    """kubecontainer.ShouldContainerBeRestarted and prober/worker.go, KEP-5307."""

    async def story(world: World) -> None:
        codes = ContainerRestartRuleOnExitCodes(operator="In", values=(42,))
        main = Container(
            name="main",
            restart_policy="Never",
            restart_policy_rules=(ContainerRestartRule(action="Restart", exit_codes=codes),),
            readiness_probe=Probe(exec=ExecAction(command=("ask",)), period_seconds=1),
        )
        world.add("web", main)
        await world.until(1)
        world.runtime.get("web").end(42)
        await world.until(3)
        assert (world.status("web").restart_count, world.status("web").ready) == (1, True)
        world.runtime.get("web").end(1)
        await world.until(4)
        assert world.pod("web").status.phase is PodPhase.FAILED

    simulate(story)
