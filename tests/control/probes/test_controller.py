from __future__ import annotations

from collections import Counter
from unittest.mock import patch

from tests.simulation import World, settle, simulate

from readylb.control.probes import facts
from readylb.control.runtimes.runtime import ExecResult
from readylb.errors import RuntimeFailureError
from readylb.model import Pod, ProbeStatus
from readylb.model.container import Container
from readylb.model.probe import ExecAction, Probe, ProbeKind, ProbeResult

OK = ExecResult(0, b"")
NO = ExecResult(1, b"no")
HANG = ExecResult(-1, b"", timed_out=True)


def probe(command: str = "check", **settings: int) -> Probe:
    return Probe(exec=ExecAction(command=(command,)), **settings)


def conclusion(world: World, name: str) -> ProbeResult | None:
    found = world.store.find(ProbeStatus, "default", name)
    return None if found is None else found.result


def times(world: World, answer: ExecResult = OK, *, digits: int | None = None) -> list[float]:
    """Return a list to which the moment of every attempt is added, in whole seconds unless told otherwise."""
    found: list[float] = []

    def note(pod: Pod, command: tuple[str, ...]) -> ExecResult:
        found.append(round(world.elapsed, digits))
        return answer

    world.runtime.on_exec = note
    return found


def test_attempts_begin_at_the_initial_delay_and_follow_the_period() -> None:
    async def story(world: World) -> None:
        seen = times(world)
        world.add(
            "web", Container(name="main", liveness_probe=probe(initial_delay_seconds=7, period_seconds=5))
        )
        await world.until(20)
        assert seen == [7, 12, 17]

    simulate(story)


def test_a_program_is_not_asked_in_its_first_second_whether_it_should_be_killed() -> None:
    async def story(world: World) -> None:
        seen = times(world)
        world.add("web", Container(name="main", liveness_probe=probe(period_seconds=5)))
        await world.until(12)
        assert seen == [1, 6, 11]

    simulate(story)


def test_a_conclusion_is_written_only_when_it_changes() -> None:
    async def story(world: World) -> None:
        times(world)
        world.add("web", Container(name="main", readiness_probe=probe(period_seconds=1)))
        await world.until(0)
        first = world.store.get(ProbeStatus, "default", "web.main.readiness")
        assert (first.result, first.kind, first.container_id) == (
            ProbeResult.SUCCESS,
            ProbeKind.READINESS,
            "fake://web-main-0",
        )
        version = world.store.version
        await world.until(60)
        assert world.store.version == version

    simulate(story)


def test_a_hanging_probe_delays_no_other() -> None:
    async def story(world: World) -> None:
        ready = []

        def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
            if command == ("hang",):
                return HANG
            ready.append(round(world.elapsed))
            return OK

        world.runtime.on_exec = answer
        world.add(
            "web",
            Container(
                name="main",
                readiness_probe=probe(period_seconds=1),
                liveness_probe=probe("hang", period_seconds=60, timeout_seconds=50),
            ),
            Container(name="other", readiness_probe=probe("hang", timeout_seconds=50)),
        )
        await world.until(5.5)
        assert ready == [0, 1, 2, 3, 4, 5]

    simulate(story)


def test_a_slow_attempt_keeps_one_tick_and_loses_the_others() -> None:
    async def story(world: World) -> None:
        seen = times(world, HANG)
        world.add(
            "web", Container(name="main", liveness_probe=probe(timeout_seconds=25, failure_threshold=99))
        )
        await world.until(80)
        assert seen == [1, 26, 51, 76]

    simulate(story)


def test_readiness_is_asked_out_of_turn_as_soon_as_startup_has_succeeded() -> None:
    async def story(world: World) -> None:
        seen: list[tuple[str, int]] = []

        def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
            seen.append((command[0], round(world.elapsed)))
            return NO if command == ("startup",) and world.elapsed < 20 else OK

        world.runtime.on_exec = answer
        world.add(
            "web",
            Container(
                name="main",
                startup_probe=probe("startup", period_seconds=10, failure_threshold=10),
                readiness_probe=probe("readiness", period_seconds=30),
                liveness_probe=probe("liveness", period_seconds=7),
            ),
        )
        await world.until(22.5)
        assert seen == [("startup", 0), ("startup", 10), ("startup", 20), ("readiness", 20), ("liveness", 22)]
        assert world.pod("web").ready

    simulate(story)


def test_startup_holds_the_other_probes_back_and_is_not_asked_again_afterwards() -> None:
    async def story(world: World) -> None:
        seen: list[str] = []

        def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
            seen.append(command[0])
            return NO

        world.runtime.on_exec = answer
        world.add(
            "web",
            Container(
                name="main",
                startup_probe=probe("startup", failure_threshold=99),
                liveness_probe=probe("liveness", period_seconds=1),
            ),
        )
        await world.until(35)
        assert seen == ["startup"] * 4

    simulate(story)


def test_an_error_counts_against_no_threshold_but_is_told() -> None:
    async def story(world: World) -> None:
        def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
            msg = "no such program"
            raise RuntimeFailureError(msg)

        world.runtime.on_exec = answer
        world.add("web", Container(name="main", liveness_probe=probe(period_seconds=1, failure_threshold=1)))
        await world.until(10)
        assert world.status("web").restart_count == 0
        assert conclusion(world, "web.main.liveness") is ProbeResult.SUCCESS
        (event,) = world.events("Unhealthy")
        assert event.message == "Liveness probe errored and resulted in unknown state: no such program"
        assert world.metrics.counts == {("Liveness", "unknown"): 10}

    simulate(story)


def test_an_exit_makes_the_container_unready_at_once_and_its_readiness_a_failure() -> None:
    async def story(world: World) -> None:
        times(world)
        world.add("web", Container(name="main", readiness_probe=probe()), restart_policy="OnFailure")
        await world.until(3)
        assert world.pod("web").ready
        world.runtime.get("web").end(0)
        await settle()
        assert not world.pod("web").ready

    simulate(story)


def test_liveness_falls_silent_while_the_pod_terminates_and_readiness_goes_on() -> None:
    async def story(world: World) -> None:
        def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
            return NO if pod.terminating else OK

        world.runtime.on_exec = answer
        both = probe(period_seconds=1)
        world.add("web", Container(name="main", readiness_probe=both, liveness_probe=both))
        await world.until(2)
        world.runtime.get("web").ignores_term = True
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(2.5)
        assert world.pod("web").ready
        await world.until(20)
        assert not world.pod("web").ready
        assert {item.message for item in world.events("Unhealthy")} == {"Readiness probe failed: no"}

    simulate(story)


def test_an_attempt_that_the_deletion_overtakes_is_not_told() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: HANG
        liveness = probe(timeout_seconds=5, failure_threshold=1)
        world.add("web", Container(name="main", liveness_probe=liveness))
        await world.until(1)
        world.runtime.get("web").ignores_term = True
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(20)
        assert world.events("Unhealthy") == []

    simulate(story)


def test_conclusions_and_counts_go_with_the_pod() -> None:
    async def story(world: World) -> None:
        times(world)
        pod = world.add("web", Container(name="main", readiness_probe=probe(), liveness_probe=probe()))
        await world.until(1)
        assert len(world.store.objects(ProbeStatus)) == 2
        world.store.mark_deleted(Pod, "default", "web", 1)
        await world.until(2)
        assert world.store.objects(ProbeStatus) == []
        assert world.metrics.forgotten == [pod.metadata.uid]

    simulate(story)


def add_a_thousand(world: World) -> None:
    for number in range(1000):
        world.add(f"web-{number}", Container(name="main", readiness_probe=probe(period_seconds=1)))


def judge_spread(seen: list[float]) -> None:
    """In no hundredth of the second are there more than a few. The first may have had its second turn."""
    assert len(seen) in {1000, 1001}
    crowds = Counter(int(time * 100) % 100 for time in seen)
    assert len(crowds) == 100
    assert max(crowds.values()) <= 20


def test_a_thousand_probers_that_start_together_are_spread_over_their_period() -> None:
    async def story(world: World) -> None:
        seen = times(world, digits=6)
        add_a_thousand(world)
        await world.until(0.99999)
        judge_spread(seen)

    simulate(story)


def test_a_thousand_that_are_added_later_are_spread_as_those_at_the_start_are() -> None:
    async def story(world: World) -> None:
        seen = times(world, digits=6)
        await world.until(100)
        add_a_thousand(world)
        await world.until(100.99999)
        judge_spread(seen)

    simulate(story)


def test_a_thousand_that_are_seen_late_are_spread_from_that_moment() -> None:
    """Had each been due at its own start, all would be asked at once, and again every second."""

    async def story(world: World) -> None:
        seen = times(world, digits=6)
        add_a_thousand(world)
        with patch.object(facts, "started_at", lambda *_: world.clock.now() - 5.0):
            await world.until(0.99999)
        judge_spread(seen)

    simulate(story)


def test_few_that_start_together_do_not_wait() -> None:
    async def story(world: World) -> None:
        seen = times(world, digits=6)
        for number in range(3):
            world.add(f"web-{number}", Container(name="main", readiness_probe=probe(period_seconds=10)))
        await world.until(1)
        assert len(seen) == 3
        assert max(seen) < 0.01

    simulate(story)


def test_when_the_controller_is_stopped_its_probers_end() -> None:
    async def story(world: World) -> None:
        seen = times(world)
        world.add("web", Container(name="main", liveness_probe=probe(period_seconds=1)))
        await world.until(2)
        world.store.close()
        await world.until(10)
        assert seen == [1, 2]

    simulate(story)
