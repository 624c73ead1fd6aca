from __future__ import annotations

from readylb.core.drain import is_last_resort
from readylb.model import Pod
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodPhase, PodStatus


def pod(name: str, *, terminating: bool = False, phase: PodPhase = PodPhase.RUNNING) -> Pod:
    meta = ObjectMeta(name=name, uid=name, deletion_timestamp=1.0 if terminating else None)
    return Pod(metadata=meta, status=PodStatus(phase=phase))


LEAVING = pod("leaving", terminating=True)


def test_a_lone_pod_has_nobody_to_wait_for() -> None:
    assert not is_last_resort(LEAVING, [LEAVING], 0)


def test_a_pod_serves_on_while_its_workload_makes_another() -> None:
    assert is_last_resort(LEAVING, [LEAVING], 1)


def test_a_pod_serves_on_while_a_sibling_comes_up() -> None:
    assert is_last_resort(LEAVING, [LEAVING, pod("new", phase=PodPhase.PENDING)], 0)


def test_siblings_that_go_or_have_ended_take_nothing_over() -> None:
    others = [pod("also", terminating=True), pod("done", phase=PodPhase.SUCCEEDED)]
    assert not is_last_resort(LEAVING, [LEAVING, *others], 0)
