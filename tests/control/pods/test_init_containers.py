"""Init containers and sidecars (`kuberuntime_container.go`, KEP-753), in simulated time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.simulation import FakeContainer, World, settle, simulate

from readylb.admin.kubernetes.pod_layout import pod_row
from readylb.control.runtimes.runtime import ExecResult
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.lifecycle import Lifecycle, LifecycleHandler
from readylb.model.pod import PodPhase
from readylb.model.probe import ExecAction, Probe

SIDECAR = Container(name="side", restart_policy="Always")
MAIN = Container(name="main")


def shown(world: World, name: str = "web") -> tuple[object, object]:
    """Return READY and STATUS as `get pods` shows them."""
    row = pod_row(world.pod(name), world.clock.now())
    return row[1], row[2]


def reason(world: World, container: str) -> str:
    state = world.status("web", container).state
    return state.waiting.reason if state.waiting else ""


def test_init_containers_run_one_after_the_other_and_the_rest_waits_for_them() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN, init_containers=(Container(name="a"), Container(name="b")))
        await world.until(1)
        assert world.runtime.starts == [("a", 0)]
        assert shown(world) == ("0/1", "Init:0/2")
        assert (reason(world, "b"), reason(world, "main")) == ("PodInitializing", "PodInitializing")
        initialized = world.pod("web").condition("Initialized")
        assert initialized is not None
        assert (initialized.status, initialized.reason, initialized.message) == (
            "False",
            "ContainersNotInitialized",
            "containers with incomplete status: [a b]",
        )
        world.runtime.get("web", "a").end(0)
        await settle()
        assert shown(world) == ("0/1", "Init:1/2")
        world.runtime.get("web", "b").end(0)
        await settle()
        assert world.runtime.starts == [("a", 0), ("b", 0), ("main", 0)]
        assert shown(world) == ("1/1", "Running")
        assert world.status("web", "a").ready

    simulate(story)


def test_a_failed_init_container_is_started_again_with_backoff() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN, init_containers=(Container(name="a"),))
        world.runtime.on_start = lambda container: container.end(1)
        await world.until(1)
        assert shown(world) == ("0/1", "Init:CrashLoopBackOff")
        assert world.pod("web").status.phase is PodPhase.PENDING
        world.runtime.on_start = lambda container: (
            None if "main" in container.container_id else container.end(0)
        )
        await world.until(11)
        assert shown(world) == ("1/1", "Running")
        assert world.status("web", "a").restart_count == 2

    simulate(story)


def test_under_policy_never_a_failed_init_container_fails_the_pod() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN, init_containers=(SIDECAR, Container(name="a")), restart_policy="Never")
        await world.until(1)
        world.runtime.get("web", "a").end(1)
        await world.until(2)
        assert world.pod("web").status.phase is PodPhase.FAILED
        assert ("main", 0) not in world.runtime.starts
        assert shown(world)[1] == "Init:Error"
        assert world.runtime.get("web", "side").graces, "nobody is left whom the sidecar could serve"

    simulate(story)


def test_an_init_container_that_has_succeeded_is_not_run_again() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN, init_containers=(Container(name="a"),))
        await settle()
        world.runtime.get("web", "a").end(0)
        await world.until(1)
        world.runtime.get("web").end(1)
        await world.until(2)
        assert world.runtime.starts == [("a", 0), ("main", 0), ("main", 1)]

    simulate(story)


def test_a_sidecar_lets_the_next_begin_when_its_startup_probe_has_passed() -> None:
    async def story(world: World) -> None:
        up = False
        world.runtime.on_exec = lambda *_: ExecResult(0 if up else 1, b"")
        ask = Probe(exec=ExecAction(command=("ask",)), period_seconds=1, failure_threshold=100)
        side = Container(name="side", restart_policy="Always", startup_probe=ask)
        world.add("web", MAIN, init_containers=(side,))
        await world.until(5)
        assert world.runtime.starts == [("side", 0)]
        assert shown(world) == ("0/2", "Init:0/1")
        up = True
        await world.until(7)
        assert world.runtime.starts == [("side", 0), ("main", 0)]
        assert shown(world) == ("2/2", "Running")

    simulate(story)


def test_a_sidecar_is_probed_and_counts_for_the_pods_readiness() -> None:
    async def story(world: World) -> None:
        ready = True
        world.runtime.on_exec = lambda *_: ExecResult(0 if ready else 1, b"")
        ask = Probe(exec=ExecAction(command=("ask",)), period_seconds=1, failure_threshold=1)
        world.add(
            "web",
            MAIN,
            init_containers=(Container(name="side", restart_policy="Always", readiness_probe=ask),),
        )
        await world.until(2)
        assert world.pod("web").ready
        ready = False
        await world.until(4)
        condition = world.pod("web").condition("ContainersReady")
        assert condition is not None
        assert condition.message == "containers with unready status: [side]"

    simulate(story)


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
def test_a_sidecar_is_always_started_again(policy: str) -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN, init_containers=(SIDECAR,), restart_policy=policy)
        await world.until(1)
        world.runtime.get("web", "side").end(0)
        await world.until(2)
        assert world.status("web", "side").restart_count == 1
        assert world.status("web").restart_count == 0

    simulate(story)


def test_sidecars_end_when_the_others_have_and_do_not_count_for_the_phase() -> None:
    async def story(world: World) -> None:
        world.add("web", MAIN, init_containers=(SIDECAR,), restart_policy="Never")
        await world.until(1)
        side = world.runtime.get("web", "side")
        side.dies_after = 2
        world.runtime.get("web").end(0)
        await world.until(2)
        assert world.pod("web").status.phase is PodPhase.RUNNING
        await world.until(4)
        assert world.pod("web").status.phase is PodPhase.SUCCEEDED

    simulate(story)


def test_a_deleted_pod_stops_its_sidecars_last_in_reverse_order_within_one_grace_period() -> None:
    async def story(world: World) -> None:
        world.runtime.on_start = slow
        other = Container(name="other", restart_policy="Always")
        world.add("web", MAIN, init_containers=(SIDECAR, other))
        await world.until(1)
        main, first, second = (world.runtime.get("web", name) for name in ("main", "side", "other"))
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(5.9)
        assert (len(main.graces), second.graces, first.graces) == (1, [], [])
        await world.until(6.1)
        assert ([round(grace) for grace in second.graces], first.graces) == ([25], [])
        await world.until(11.1)
        assert [round(grace) for grace in first.graces] == [20]
        await world.until(16.1)
        assert world.store.objects(Pod) == []

    simulate(story)


def test_prestop_hooks_of_sidecars_run_at_once_and_their_stop_signals_wait_for_the_others() -> None:
    """kuberuntime_container.go, killContainer: the hook comes before waitForTurn."""

    async def story(world: World) -> None:
        world.runtime.on_start = slow
        hook = Lifecycle(pre_stop=LifecycleHandler(exec=ExecAction(command=("bye",))))
        said: list[float] = []

        def answer(*_: object) -> ExecResult:
            said.append(round(world.elapsed, 1))
            return ExecResult(0, b"")

        world.runtime.on_exec = answer
        world.add("web", MAIN, init_containers=(replace(SIDECAR, lifecycle=hook),))
        await world.until(1)
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(1.5)
        side = world.runtime.get("web", "side")
        assert (said, side.graces) == ([1.0], [])
        assert {item.message for item in world.events("Killing")} == {
            "Stopping container main",
            "Stopping container side",
        }
        await world.until(6.1)
        assert [round(grace) for grace in side.graces] == [25]
        assert said == [1.0]

    simulate(story)


def test_a_sidecar_waits_no_longer_than_the_grace_period() -> None:
    """kuberuntime_termination_order.go, waitForTurn: then it still has its two seconds."""

    async def story(world: World) -> None:
        def stubborn(container: FakeContainer) -> None:
            container.ignores_term = True

        world.runtime.on_start = stubborn
        world.add("web", MAIN, init_containers=(SIDECAR,))
        await world.until(1)
        world.store.mark_deleted(Pod, "default", "web", 5)
        await world.until(6.1)
        assert [round(grace) for grace in world.runtime.get("web", "side").graces] == [2]
        await world.until(9)
        assert world.store.objects(Pod) == []

    simulate(story)


def slow(container: FakeContainer) -> None:
    """Take five seconds to die of SIGTERM."""
    container.dies_after = 5
