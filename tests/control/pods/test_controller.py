from __future__ import annotations

from readylb.control.runtimes.runtime import ExecResult
from readylb.model import Pod, ProbeStatus
from readylb.model.container import Container
from readylb.model.pod import PodPhase
from readylb.model.probe import ExecAction, Probe, ProbeResult
from tests.simulation import World, settle, simulate

CAT = ExecAction(command=("cat", "/tmp/healthy"))
OK = ExecResult(0, b"")
MISSING = ExecResult(1, b"cat: /tmp/healthy: No such file or directory\n")


def probe(**settings: int) -> Probe:
    return Probe(exec=CAT, **settings)


def test_a_pod_is_started_probed_and_ready_at_its_first_pass() -> None:
    async def story(world: World) -> None:
        world.runtime.on_exec = lambda *_: OK if world.elapsed >= 10 else MISSING
        world.add(
            "web", Container(name="main", readiness_probe=probe(initial_delay_seconds=5, period_seconds=5))
        )
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


def test_a_deleted_pod_is_stopped_with_its_grace_and_removed() -> None:
    async def story(world: World) -> None:
        world.add("web", Container(name="main"))
        await world.until(1)
        world.runtime.get("web").ignores_term = True
        world.store.mark_deleted(Pod, "default", "web", 30)
        await world.until(30.9)
        assert world.store.find(Pod, "default", "web") is not None
        await world.until(31.1)
        assert world.store.find(Pod, "default", "web") is None
        assert world.runtime.get("web").graces == [30]
        assert world.runtime.removed == ["web"]
        assert world.events("Killing")[0].message == "Stopping container main"
        await settle()
        assert world.store.objects(ProbeStatus) == []

    simulate(story)
