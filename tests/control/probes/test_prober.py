from __future__ import annotations

from dataclasses import replace

import pytest
from tests.simulation import World, settle, simulate

from readylb.control.probes import attempt
from readylb.control.probes.ask import Ask
from readylb.control.probes.outcome import Outcome
from readylb.core.probe_period import PROBE_PERIOD
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.model.probe import Probe, ProbeResult, TCPSocketAction

FAILURE = ProbeResult.FAILURE
OK = Outcome(ProbeResult.SUCCESS)
REFUSED = Outcome(ProbeResult.FAILURE, "connection refused", refused=True)
TCP = Probe(tcp_socket=TCPSocketAction(port=8080), failure_threshold=1)


class App:
    """Stands in for the network: refuses until it listens."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, listens_after: float) -> None:
        self.world = world
        self.listens_after = listens_after
        self.asked: list[float] = []
        monkeypatch.setattr(attempt, "put", self.put)

    async def put(self, ask: Ask) -> Outcome:
        self.asked.append(self.world.elapsed)
        return OK if self.world.elapsed >= self.listens_after else REFUSED


def test_a_port_that_opens_within_a_second_is_found_at_once_and_nobody_is_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch, listens_after=0.31)
        world.add("web", Container(name="main", readiness_probe=TCP, liveness_probe=TCP))
        await world.until(0.34)
        assert world.pod("web").ready
        assert world.events("Unhealthy") == []
        assert world.status("web").restart_count == 0
        readiness = len(app.asked)
        await world.until(9.9)
        assert len(app.asked) == readiness + 1  # liveness, at its first second

    simulate(story)


def test_readiness_alone_is_asked_more_often_than_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch, listens_after=0.0)
        probe = replace(TCP, period_seconds=1, failure_threshold=3)
        meta = ObjectMeta(name="web", namespace="default", annotations={PROBE_PERIOD: "200"})
        main = Container(name="main", readiness_probe=probe)
        world.store.create(Pod(metadata=meta, spec=PodSpec(containers=(main,))))
        await world.until(2.1)
        assert app.asked == pytest.approx([0.2 * number for number in range(11)], abs=0.002)
        app.listens_after = 99.0
        await world.until(2.61)
        assert not world.pod("web").ready, "three failures, 200 ms apart"

    simulate(story)


def test_a_port_that_stays_closed_fails_from_the_first_second_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        App(world, monkeypatch, listens_after=99)
        world.add("web", Container(name="main", readiness_probe=TCP))
        await world.until(0.99)
        assert world.events("Unhealthy") == []
        await world.until(1.03)
        assert world.events("Unhealthy")[0].message == "Readiness probe failed: connection refused"
        await world.until(21.1)
        assert world.events("Unhealthy")[0].count == 3

    simulate(story)


def test_an_endpoint_that_somebody_else_started_has_no_first_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        App(world, monkeypatch, listens_after=99)
        world.add("web", Container(name="main", readiness_probe=TCP), runtime_class_name="external")
        await settle()
        assert world.events("Unhealthy")[0].count == 1

    simulate(story)


def test_a_passing_readiness_is_not_asked_out_of_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch, listens_after=0)
        world.add("web", Container(name="main", readiness_probe=TCP), Container(name="other"))
        await world.until(1)
        world.runtime.get("web", "other").end(1)
        await world.until(9)
        assert len(app.asked) == 1

    simulate(story)


def test_a_container_that_becomes_unready_is_asked_again_at_once_and_then_by_its_period(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(world: World) -> None:
        app = App(world, monkeypatch, listens_after=0)
        pod: Pod = world.add("web", Container(name="main", readiness_probe=TCP))
        await world.until(15)
        assert world.pod(pod.metadata.name).ready
        app.listens_after = 99
        await world.until(31)
        assert [round(time) for time in app.asked] == [0, 10, 20, 20, 30]
        assert not world.pod("web").ready

    simulate(story)


def test_the_evidence_tells_the_streak_the_output_and_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(world: World) -> None:
        App(world, monkeypatch, listens_after=99)
        pod = world.add("web", Container(name="main", readiness_probe=replace(TCP, failure_threshold=3)))
        await world.until(11.5)
        (known,) = world.probes.evidence(pod.metadata.uid)
        assert (known.result, known.last, known.streak, known.threshold) == (FAILURE, FAILURE, 2, 3)
        assert known.output == "connection refused"
        assert known.asked_at is not None
        assert 0 < world.clock.now() - known.asked_at < 1
        assert 9 < known.next_at - world.clock.now() < 10
        assert known.since is not None
        assert world.probes.evidence("nobody") == ()

    simulate(story)
