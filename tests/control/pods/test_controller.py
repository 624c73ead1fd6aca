from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.simulation import EPOCH, FakeContainer, World, settle, simulate

from readylb.control.runtimes.runtime import ExecResult, Warn
from readylb.model import Pod, ProbeStatus
from readylb.model.container import Container, ContainerPort
from readylb.model.pod import PodPhase
from readylb.model.probe import ExecAction, Probe, ProbeResult

OK = ExecResult(0, b"")
MISSING = ExecResult(1, b"cat: /tmp/healthy: No such file or directory\n")
MAIN = Container(name="main")


def probe(**settings: int) -> Probe:
    return Probe(exec=ExecAction(command=("cat", "/tmp/healthy")), **settings)


def test_a_pod_is_started_probed_and_ready_at_its_first_pass() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: OK if world.elapsed >= 10 else MISSING
        readiness = probe(initial_delay_seconds=5, period_seconds=5)
        world.add("web", Container(name="main", readiness_probe=readiness))
        await world.until(1)
        assert world.pod("web").status.phase is PodPhase.RUNNING
        assert world.status("web").started
        assert not world.pod("web").ready
        await world.until(9.9)
        assert world.counts() == {"Created": 1, "Started": 1, "Unhealthy": 1}
        assert not world.pod("web").ready
        await world.until(10)
        assert world.pod("web").ready
        found = world.store.get(ProbeStatus, "default", "web.main.readiness")
        assert found.result is ProbeResult.SUCCESS

    simulate(story)


def test_a_started_pod_shows_where_it_is_and_what_happened() -> None:
    async def story(world: World) -> None:
        world.add("web", Container(name="main", image="web:v1", ports=(ContainerPort(container_port=8080),)))
        await settle()
        pod = world.pod("web")
        assert pod.spec.node_name == "here"
        assert (pod.status.pod_ip, pod.status.start_time) == ("127.0.0.1", EPOCH)
        assert pod.ready
        status = world.status("web")
        assert (status.container_id, status.image) == ("fake://web-main-0", "web:v1")
        assert [(event.reason, event.message) for event in world.events()] == [
            ("Created", "Container created"),
            ("Started", "Container started"),
        ]

    simulate(story)


def test_a_deleted_pod_is_stopped_with_its_grace_and_removed() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(1)
        world.runtime.get("web").ignores_term = True
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(30.9)
        assert world.store.find(Pod, "default", "web") is not None
        await world.until(31.1)
        assert world.store.find(Pod, "default", "web") is None
        assert world.runtime.get("web").graces == [30]
        assert world.runtime.removed == ["web"]
        assert [event.message for event in world.events("Killing")] == ["Stopping container main"]

    simulate(story)


def test_containers_of_a_deleted_pod_stop_side_by_side() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN, Container(name="other"))
        await world.until(1)
        for name in ("main", "other"):
            world.runtime.get("web", name).dies_after = 10
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(11.1)
        assert world.store.find(Pod, "default", "web") is None

    simulate(story)


def test_a_second_deletion_with_less_grace_cuts_the_first_one_short() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(0)
        world.runtime.get("web").ignores_term = True
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(5)
        world.store.mark_deleted(Pod, "default", "web", 0)
        await world.until(7.1)
        assert world.store.find(Pod, "default", "web") is None
        assert world.runtime.get("web").graces == [30, 2]
        assert [event.count for event in world.events("Killing")] == [1]

    simulate(story)


def test_a_pod_that_is_deleted_before_it_has_started_never_starts() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        world.store.mark_deleted(Pod, "default", "web", 30)
        await settle()
        assert world.store.find(Pod, "default", "web") is None
        assert world.runtime.starts == []

    simulate(story)


def test_a_pod_that_is_deleted_while_it_starts_gives_the_start_up() -> None:
    async def story(world: World) -> None:
        async def hang(*_: object) -> FakeContainer:
            await asyncio.sleep(3600)
            raise AssertionError

        world.runtime.start = hang  # type: ignore[method-assign]
        world.add("web", MAIN)
        await world.until(1)
        world.store.mark_deleted(Pod, "default", "web", 30)
        await settle()
        assert world.store.find(Pod, "default", "web") is None
        assert world.events("Failed") == []

    simulate(story)


def test_a_start_can_be_given_up_before_it_has_begun() -> None:
    async def story(world: World) -> None:
        for moment in range(12):
            name = f"web-{moment}"
            world.add(name, MAIN)
            for _ in range(moment):
                await asyncio.sleep(0)
            world.store.mark_deleted(Pod, "default", name, 30)
            await settle()
            assert world.store.find(Pod, "default", name) is None

    simulate(story)


def test_a_pod_that_vanishes_from_the_store_is_stopped_too() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(1)
        world.store.remove(Pod, "default", "web")
        await world.until(2)
        assert world.runtime.get("web").graces == [30]
        assert world.runtime.removed == ["web"]

    simulate(story)


def test_a_pod_of_the_same_name_waits_for_nobody_and_is_another_pod() -> None:
    async def story(world: World) -> None:
        first = world.add("web", MAIN)
        await world.until(1)
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(2)
        second = world.add("web", MAIN)
        await world.until(3)
        assert second.metadata.uid != first.metadata.uid
        assert world.status("web").restart_count == 0
        assert world.pod("web").ready

    simulate(story)


def test_a_sandbox_that_cannot_be_made_is_told_and_tried_again_with_back_off() -> None:
    async def story(world: World) -> None:
        world.runtime.prepare_faults = ["no port left"] * 2
        world.add("web", MAIN)
        await world.until(29.9)
        (event,) = world.events("FailedCreatePodSandBox")
        assert event.message == "Failed to create pod sandbox: no port left"
        assert event.count == 2
        waiting = world.status("web").state.waiting
        assert waiting is not None
        assert (waiting.reason, world.pod("web").status.phase) == ("ContainerCreating", PodPhase.PENDING)
        await world.until(30)
        assert world.pod("web").ready

    simulate(story)


def test_what_the_runtime_will_not_do_for_a_pod_is_told_once() -> None:
    async def story(world: World) -> None:
        world.runtime.warnings = (Warn("LimitsNotEnforced", "nobody counts memory here"),)
        world.add("web", MAIN)
        await world.until(60)
        (event,) = world.events("LimitsNotEnforced")
        assert (event.type, event.message, event.count) == ("Warning", "nobody counts memory here", 1)

    simulate(story)


def test_a_container_that_memory_ended_says_so_as_kubelet_does() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(5)
        world.runtime.get("web").end(137, 9, "OOMKilled")
        await world.until(6)
        last = world.status("web").last_state.terminated
        assert last is not None
        assert (last.reason, last.exit_code) == ("OOMKilled", 137)
        assert world.status("web").restart_count == 1

    simulate(story)


def test_a_pod_whose_sandbox_cannot_be_made_can_be_deleted() -> None:
    async def story(world: World) -> None:
        world.runtime.prepare_faults = ["no port left"] * 99
        world.add("web", MAIN)
        await world.until(12)
        world.store.mark_deleted(Pod, "default", "web", 30)
        await settle()
        assert world.store.find(Pod, "default", "web") is None

    simulate(story)


def test_a_container_that_cannot_be_started_loops_as_a_crashing_one() -> None:
    async def story(world: World) -> None:
        world.runtime.start_faults = ["no such program"] * 3
        pod = world.add("web", MAIN)
        await world.until(5)
        assert world.pods.starts_at(pod.metadata.uid) == {"main": EPOCH + 10}
        assert world.pods.starts_at("nobody") == {}
        status = world.status("web")
        assert status.state.waiting is not None
        assert status.state.waiting.reason == "CrashLoopBackOff"
        assert status.last_state.terminated is not None
        assert (status.last_state.terminated.reason, status.last_state.terminated.exit_code) == (
            "StartError",
            128,
        )
        assert status.last_state.terminated.message == "no such program"
        assert world.counts() == {"Failed": 2, "BackOff": 1}
        await world.until(30)
        assert world.status("web").restart_count == 3
        assert world.pod("web").ready

    simulate(story)


def test_a_crashing_container_waits_10_20_40_seconds_and_says_so() -> None:
    async def story(world: World) -> None:
        starts: list[float] = []

        def crash(container: object) -> None:
            starts.append(round(world.elapsed))
            world.runtime.get("web").end(1)

        world.runtime.on_start = crash
        pod = world.add("web", MAIN)
        await world.until(9.9)
        status = world.status("web")
        assert status.state.waiting is not None
        assert status.state.waiting.reason == "CrashLoopBackOff"
        who = f"web_default({pod.metadata.uid})"
        assert status.state.waiting.message == f"back-off 10s restarting failed container=main pod={who}"
        assert status.last_state.terminated is not None
        assert status.restart_count == 1
        assert world.events("BackOff")[0].message == f"Back-off restarting failed container main in pod {who}"
        await world.until(1300)
        assert starts == [0, 0, 10, 30, 70, 150, 310, 610, 910, 1210]
        assert world.pod("web").status.phase is PodPhase.RUNNING

    simulate(story)


def test_a_container_that_ran_for_more_than_ten_minutes_starts_at_once_again() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        for moment in (1, 2, 20, 641):
            await world.until(moment)
            world.runtime.get("web").end(1)
        await settle()
        assert world.status("web").state.running is not None
        assert world.status("web").restart_count == 4

    simulate(story)


def test_a_pod_that_never_restarts_ends_with_its_containers() -> None:
    async def story(world: World) -> None:
        world.add("job", MAIN, restart_policy="Never")
        await world.until(1)
        world.runtime.get("job").end(0)
        await world.until(100)
        pod = world.pod("job")
        assert pod.status.phase is PodPhase.SUCCEEDED
        condition = pod.condition("Ready")
        assert condition is not None
        assert (condition.status, condition.reason) == ("False", "PodCompleted")
        assert world.runtime.starts == [("main", 0)]
        world.store.mark_deleted(Pod, "default", "job", 30)
        await settle()
        assert world.store.find(Pod, "default", "job") is None

    simulate(story)


def test_on_failure_a_clean_exit_after_a_refused_restart_is_the_end() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: MISSING
        world.runtime.on_start = lambda container: setattr(container, "term_code", 0)
        liveness = probe(period_seconds=1, failure_threshold=1)
        world.add("web", Container(name="main", liveness_probe=liveness), restart_policy="OnFailure")
        await world.until(60)
        status = world.status("web")
        assert status.restart_count == 2
        assert status.state.terminated is not None
        assert status.state.terminated.reason == "Completed"
        assert world.pod("web").status.phase is PodPhase.SUCCEEDED

    simulate(story)


def test_a_probe_kill_uses_the_probes_own_grace_and_leaves_siblings_running() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: MISSING
        liveness = probe(failure_threshold=1, initial_delay_seconds=5, termination_grace_period_seconds=7)
        world.add("web", Container(name="main", liveness_probe=liveness), Container(name="other"))
        await world.until(1)
        first = world.runtime.get("web")
        first.ignores_term = True
        await world.until(6)
        assert world.status("web").state.running is not None
        assert not world.status("web").ready
        assert world.status("web", "other").ready
        await world.until(12.1)
        assert first.graces == [7]
        assert (world.status("web").restart_count, world.status("web", "other").restart_count) == (1, 0)

    simulate(story)


def test_a_changed_definition_restarts_the_container() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(1)
        newer = replace(MAIN, image="web:v2")
        world.store.update(
            Pod, "default", "web", lambda pod: replace(pod, spec=replace(pod.spec, containers=(newer,)))
        )
        await world.until(2)
        assert (world.status("web").restart_count, world.status("web").image) == (1, "web:v2")
        assert world.events("Killing")[0].message == "Container main definition changed, will be restarted"

    simulate(story)


def test_a_stop_that_fails_is_told_and_tried_again() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(0)
        container = world.runtime.get("web")
        stop, calls = container.stop, []

        async def stubborn(grace: float) -> object:
            calls.append(grace)
            if len(calls) == 1:
                msg = "not permitted"
                raise PermissionError(msg)
            return await stop(grace)

        container.stop = stubborn  # type: ignore[method-assign, assignment]
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(9)
        assert world.events("FailedKillPod")[0].message == "error killing pod: not permitted"
        await world.until(10.1)
        assert world.store.find(Pod, "default", "web") is None

    simulate(story)


def test_nothing_goes_on_after_the_controller_is_stopped() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(1)
        world.store.close()
        await settle()
        assert world.pods._running == set()
        assert world.pods._keepers == {}

    simulate(story)


def test_a_quiet_pod_writes_nothing() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN)
        await world.until(1)
        version = world.store.version
        await world.until(1000)
        assert world.store.version == version

    simulate(story)
