"""Stop without loss: rotation, running requests, signal, kill, in simulated time."""

from __future__ import annotations

from tests.simulation import World, settle, simulate

from readylb.control.runtimes.runtime import ExecResult
from readylb.model import Pod, PodTraffic
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.probe import ExecAction, Probe


def busy(world: World, pod: Pod) -> None:
    meta = ObjectMeta(name=pod.metadata.uid, namespace="default")
    world.store.create(PodTraffic(metadata=meta, pod_name=pod.metadata.name))


def idle(world: World, pod: Pod) -> None:
    world.store.remove(PodTraffic, "default", pod.metadata.uid)


def delete(world: World, pod: Pod, grace: int = 30) -> None:
    world.store.mark_deleted(Pod, "default", pod.metadata.name, grace)


def test_a_deleted_pod_is_signalled_when_its_last_request_has_ended_and_that_time_is_deducted() -> None:
    async def story(world: World) -> None:
        pod = world.add("web", Container(name="main"))
        await world.until(1)
        container = world.runtime.get("web")
        busy(world, pod)
        delete(world, pod)
        await world.until(6)
        assert container.graces == []
        assert world.status("web").ready, "kubelet: readiness is the probes' word, and deletion the pod's"
        idle(world, pod)
        await settle()
        assert [round(grace) for grace in container.graces] == [25]

    simulate(story)


def test_requests_that_never_end_leave_two_seconds_between_the_signals() -> None:
    async def story(world: World) -> None:
        pod = world.add("web", Container(name="main"))
        await world.until(1)
        container = world.runtime.get("web")
        container.ignores_term = True
        busy(world, pod)
        delete(world, pod)
        await world.until(28.9)
        assert container.graces == []
        await world.until(29.1)
        assert [round(grace) for grace in container.graces] == [2]
        await world.until(31.1)
        assert world.store.objects(Pod) == []

    simulate(story)


def test_a_pod_without_traffic_is_signalled_at_once() -> None:
    async def story(world: World) -> None:
        pod = world.add("web", Container(name="main"))
        await world.until(1)
        container = world.runtime.get("web")
        delete(world, pod)
        await settle()
        assert [round(grace) for grace in container.graces] == [30]

    simulate(story)


def test_a_container_that_failed_liveness_is_not_ready_before_it_is_signalled() -> None:
    async def story(world: World) -> None:
        healthy = True
        world.runtime.on_exec = lambda *_: ExecResult(0 if healthy else 1, b"")
        probe = Probe(exec=ExecAction(command=("ask",)), period_seconds=1, failure_threshold=1)
        pod = world.add("web", Container(name="main", liveness_probe=probe))
        await world.until(2.5)
        container = world.runtime.get("web")
        busy(world, pod)
        healthy = False
        await world.until(4)
        assert not world.pod("web").ready
        assert container.graces == []
        healthy = True
        idle(world, pod)
        await world.until(5)
        assert [round(grace) for grace in container.graces] == [29]
        assert world.status("web").restart_count == 1

    simulate(story)


def test_a_shorter_grace_period_ends_the_wait() -> None:
    async def story(world: World) -> None:
        pod = world.add("web", Container(name="main"))
        await world.until(1)
        container = world.runtime.get("web")
        busy(world, pod)
        delete(world, pod)
        await world.until(2)
        delete(world, pod, 1)
        await settle()
        assert [round(grace) for grace in container.graces] == [2]

    simulate(story)


def test_a_container_that_ends_by_itself_ends_the_wait() -> None:
    async def story(world: World) -> None:
        pod = world.add("web", Container(name="main"))
        await world.until(1)
        container = world.runtime.get("web")
        busy(world, pod)
        delete(world, pod)
        await world.until(2)
        container.end(0)
        await settle()
        assert container.graces == []
        assert world.store.objects(Pod) == []

    simulate(story)
