"""A refused connection has the readiness probe asked out of turn, and its pass vouches for the pod."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.simulation import EPOCH, World, settle, simulate

from readylb.control.probes import attempt
from readylb.control.probes.ask import Ask
from readylb.control.probes.outcome import Outcome
from readylb.model import Suspicion
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.probe import Probe, ProbeResult, TCPSocketAction

PROBE = Probe(tcp_socket=TCPSocketAction(port=8080), period_seconds=10, failure_threshold=3)


class App:
    """Stands in for the network: notes when it is asked, and passes unless told otherwise."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.passes = True
        self.asked: list[float] = []
        monkeypatch.setattr(attempt, "put", self.put)

    async def put(self, ask: Ask) -> Outcome:
        self.asked.append(round(self.world.elapsed, 2))
        return Outcome(ProbeResult.SUCCESS if self.passes else ProbeResult.FAILURE)


def suspect(world: World, at: float) -> None:
    uid = world.pod("web").metadata.uid
    if world.store.find(Suspicion, "default", uid) is None:
        meta = ObjectMeta(name=uid)
        world.store.create(Suspicion(metadata=meta, pod_name="web", suspected_at=at))
    else:
        world.store.update(Suspicion, "default", uid, lambda old: replace(old, suspected_at=at))


def vouched(world: World) -> float:
    return world.store.get(Suspicion, "default", world.pod("web").metadata.uid).vouched_at


def is_ready(world: World) -> bool:
    return any(item.type == "Ready" and item.status == "True" for item in world.pod("web").status.conditions)


def test_a_probe_is_asked_at_once_and_vouches(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch)
        world.add("web", Container(name="main", readiness_probe=PROBE), runtime_class_name="external")
        await world.until(4)
        suspect(world, EPOCH + 4)
        await settle()
        assert app.asked == [0, 4]
        assert vouched(world) == EPOCH + 4
        await world.until(13)
        assert app.asked == [0, 4]
        await world.until(15)
        assert app.asked == [0, 4, 14]

    simulate(story)


def test_a_probe_that_fails_does_not_vouch_until_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch)
        world.add("web", Container(name="main", readiness_probe=PROBE), runtime_class_name="external")
        await world.until(4)
        app.passes = False
        suspect(world, EPOCH + 4)
        await settle()
        assert (app.asked, vouched(world)) == ([0, 4], 0.0)
        app.passes = True
        await world.until(15)
        assert (app.asked, vouched(world)) == ([0, 4, 4.05, 14], EPOCH + 4)

    simulate(story)


def test_who_is_back_in_a_moment_has_traffic_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch)
        world.add("web", Container(name="main", readiness_probe=PROBE), runtime_class_name="external")
        await world.until(4)
        app.passes = False
        suspect(world, EPOCH + 4)
        await world.until(9.5)
        assert (app.asked, vouched(world)) == ([0, 4, 4.05, 4.15, 4.35, 4.75, 5.55, 6.55, 7.55, 8.55], 0.0)
        assert is_ready(world), "what is asked between two attempts counts for no threshold"
        assert world.counts()["Unhealthy"] == 1
        app.passes = True
        await world.until(15)
        assert (app.asked[10:], vouched(world)) == ([9.55, 14], EPOCH + 4)

    simulate(story)


def test_who_is_no_longer_ready_comes_back_in_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch)
        world.add("web", Container(name="main", readiness_probe=PROBE), runtime_class_name="external")
        await world.until(4)
        app.passes = False
        suspect(world, EPOCH + 4)
        await world.until(24.5)
        assert not is_ready(world)
        asked = len(app.asked)
        await world.until(33.5)
        assert len(app.asked) == asked
        app.passes = True
        await world.until(35)
        assert (app.asked[asked:], vouched(world), is_ready(world)) == ([34], EPOCH + 4, True)

    simulate(story)


def test_however_often_traffic_is_refused_probes_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch)
        world.add("web", Container(name="main", readiness_probe=PROBE), runtime_class_name="external")
        await world.until(4)
        for step in range(20):
            suspect(world, EPOCH + 4 + step / 10)
            await world.until(4 + step / 10 + 0.1)
        assert app.asked == [0, 4, 4.1, 4.3, 4.7, 5, 6]
        assert vouched(world) >= EPOCH + 5.9
        await world.until(13)
        suspect(world, EPOCH + 13)
        await world.until(13.1)
        suspect(world, EPOCH + 13.1)
        await world.until(13.9)
        assert app.asked[7:] == [13], "the row is not over"
        await world.until(25)
        suspect(world, EPOCH + 25)
        await world.until(25.1)
        suspect(world, EPOCH + 25.1)
        await world.until(25.3)
        assert app.asked[-2:] == [25, 25.1]

    simulate(story)


def test_every_container_with_a_readiness_probe_has_to_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch)
        containers = [Container(name=name, readiness_probe=PROBE) for name in ("one", "two")]
        world.add("web", *containers, runtime_class_name="external")
        await world.until(4)
        suspect(world, EPOCH + 4)
        await settle()
        assert app.asked.count(4) == 2
        assert vouched(world) == EPOCH + 4

    simulate(story)
