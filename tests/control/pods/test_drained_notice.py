"""The operator's word on a pod, told in its status and in events, in simulated time."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation import World, settle, simulate

from readylb.core.drained import DRAINED, DRAINED_CONDITION, with_drained
from readylb.model import Pod, PodTraffic
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta


def say(world: World, **annotations: str) -> None:
    notes = {DRAINED: annotations["drained"]} if annotations else {}
    world.store.update(Pod, "default", "web", lambda pod: with_drained(pod, notes))


def reason(world: World) -> str:
    condition = world.pod("web").condition(DRAINED_CONDITION)
    return condition.reason if condition else ""


def told(world: World) -> list[str]:
    return [item.reason for item in world.events() if item.source.component == "readylb"]


def test_a_drained_pod_says_when_nothing_new_comes_and_when_nothing_runs() -> None:
    async def story(world: World) -> None:
        uid = world.add("web", Container(name="main")).metadata.uid
        meta = ObjectMeta(name=uid, namespace="default")
        world.store.create(PodTraffic(metadata=meta, pod_name="web"))
        await world.until(1)
        say(world, drained="true")
        await settle()
        assert (reason(world), told(world)) == ("", []), "a worker may still send something"
        world.store.update(PodTraffic, "default", uid, lambda item: replace(item, ending=True))
        await settle()
        assert (reason(world), told(world)) == ("Draining", ["Draining"])
        world.store.remove(PodTraffic, "default", uid)
        await settle()
        assert (reason(world), told(world)) == ("Drained", ["Draining", "Drained"])
        assert world.pod("web").ready
        say(world)
        await settle()
        assert (reason(world), told(world)) == ("", ["Draining", "Drained", "Undrained"])

    simulate(story)


def test_the_word_outlives_a_restart_of_the_container_and_the_container_outlives_the_word() -> None:
    async def story(world: World) -> None:
        world.add("web", Container(name="main"))
        await world.until(1)
        say(world, drained="true")
        await settle()
        assert reason(world) == "Drained"
        world.runtime.get("web").end(1)
        await world.until(2)
        assert world.status("web").restart_count == 1
        assert reason(world) == "Drained"
        assert told(world) == ["Drained"]
        say(world)
        await world.until(3)
        assert world.runtime.starts == [("main", 0), ("main", 1)], "an annotation is no new definition"

    simulate(story)
