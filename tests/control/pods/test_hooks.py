"""Hooks (`pkg/kubelet/lifecycle/handlers.go`, `kuberuntime_container.go`), in simulated time."""

from __future__ import annotations

from tests.simulation import World, settle, simulate

from readylb.control.runtimes.runtime import ExecResult
from readylb.model import Pod, PodTraffic
from readylb.model.container import Container
from readylb.model.lifecycle import Lifecycle, LifecycleHandler, SleepAction
from readylb.model.meta import ObjectMeta
from readylb.model.probe import ExecAction, TCPSocketAction

COMMAND = LifecycleHandler(exec=ExecAction(command=("hook",)))


def post_start(handler: LifecycleHandler) -> Container:
    return Container(name="main", lifecycle=Lifecycle(post_start=handler))


def pre_stop(handler: LifecycleHandler) -> Container:
    return Container(name="main", lifecycle=Lifecycle(pre_stop=handler))


def sleep(seconds: int) -> LifecycleHandler:
    return LifecycleHandler(sleep=SleepAction(seconds=seconds))


def test_a_container_is_not_running_before_its_poststart_hook_has_ended() -> None:
    async def story(world: World) -> None:
        world.add("web", post_start(sleep(3)))
        await world.until(2.9)
        assert world.status("web").state.waiting is not None
        assert len(world.runtime.starts) == 1
        await world.until(3.1)
        assert world.status("web").ready

    simulate(story)


def test_a_failed_poststart_hook_ends_the_container_and_policy_starts_it_again() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: ExecResult(1, b"secret")
        world.add("web", post_start(COMMAND))
        await world.until(1)
        status = world.status("web")
        assert not status.ready
        assert status.restart_count == 1, "the first restart is immediate"
        event = world.events("FailedPostStartHook")[0]
        assert (event.type, event.message) == ("Warning", "PostStartHook failed")
        assert world.events("Killing")[0].message == "FailedPostStartHook"
        world.runtime.on_exec = lambda *_: ExecResult(0, b"")
        await world.until(11)
        assert world.status("web").ready

    simulate(story)


def test_a_container_that_ends_while_it_is_stopped_for_its_poststart_hook_is_started_again_at_once() -> None:
    """Its pod's requests may still be running: nobody waits for them on behalf of what has ended."""

    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: ExecResult(1, b"")
        pod = world.add("web", post_start(COMMAND))
        meta = ObjectMeta(name=pod.metadata.uid, namespace="default")
        world.store.create(PodTraffic(metadata=meta, pod_name="web"))
        await world.until(5)
        assert len(world.runtime.starts) == 1, "it waits for the requests"
        world.runtime.get("web").end(1)
        await world.until(5.1)
        assert len(world.runtime.starts) == 2
        assert world.status("web").restart_count == 1

    simulate(story)


def test_a_tcpsocket_hook_fails_as_it_does_in_kubernetes() -> None:
    async def story(world: World) -> None:
        world.add("web", post_start(LifecycleHandler(tcp_socket=TCPSocketAction(port=1))))
        await world.until(1)
        assert world.counts()["FailedPostStartHook"] == 2

    simulate(story)


def test_a_container_that_ends_in_its_poststart_hook_has_just_ended() -> None:
    async def story(world: World) -> None:
        world.add("web", post_start(sleep(100)), restart_policy="Never")
        await world.until(1)
        world.runtime.get("web").end(3)
        await world.until(2)
        ended = world.status("web").state.terminated
        assert ended is not None
        assert ended.exit_code == 3
        assert world.events("FailedPostStartHook") == []

    simulate(story)


def test_a_pod_that_is_deleted_in_a_poststart_hook_is_stopped_gently() -> None:
    async def story(world: World) -> None:
        world.add("web", post_start(sleep(100)))
        await world.until(1)
        container = world.runtime.get("web")
        world.store.mark_deleted(Pod, "default", "web", 30)
        await settle()
        assert [round(grace) for grace in container.graces] == [30]
        assert world.store.objects(Pod) == []

    simulate(story)


def test_prestop_comes_before_the_signal_and_its_time_is_deducted() -> None:
    async def story(world: World) -> None:
        world.add("web", pre_stop(sleep(5)))
        await world.until(1)
        container = world.runtime.get("web")
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(5.9)
        assert container.graces == []
        await world.until(6.1)
        assert [round(grace) for grace in container.graces] == [25]

    simulate(story)


def test_prestop_may_take_the_whole_grace_period_and_two_seconds_are_left_all_the_same() -> None:
    async def story(world: World) -> None:
        world.add("web", pre_stop(sleep(100)))
        await world.until(1)
        container = world.runtime.get("web")
        world.store.mark_deleted(Pod, "default", "web", 10)
        await world.until(10.9)
        assert container.graces == []
        await world.until(11.1)
        assert container.graces == [2]

    simulate(story)


def test_without_grace_there_is_no_prestop() -> None:
    async def story(world: World) -> None:
        world.add("web", pre_stop(sleep(100)))
        await world.until(1)
        container = world.runtime.get("web")
        world.store.mark_deleted(Pod, "default", "web", 0)
        await settle()
        assert container.graces == [2]

    simulate(story)


def test_a_failed_prestop_hook_is_told_without_its_words_and_delays_nothing() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: ExecResult(1, b"secret")
        world.add("web", pre_stop(COMMAND))
        await world.until(1)
        container = world.runtime.get("web")
        world.store.mark_deleted(Pod, "default", "web", 30)
        await settle()
        assert [round(grace) for grace in container.graces] == [30]
        (event,) = world.events("FailedPreStopHook")
        assert (event.type, event.message) == ("Warning", "PreStopHook failed")

    simulate(story)


def test_a_shorter_grace_period_cuts_a_prestop_hook() -> None:
    async def story(world: World) -> None:
        world.add("web", pre_stop(sleep(100)))
        await world.until(1)
        container = world.runtime.get("web")
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(2)
        world.store.mark_deleted(Pod, "default", "web", 1)
        await world.until(4.1)
        assert container.graces == [2]

    simulate(story)
