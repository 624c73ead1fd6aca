from __future__ import annotations

from readylb.control.workers.moments import dated
from readylb.model import Pod
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodStatus
from readylb.wire.messages import EndpointEntry

ENTRY = EndpointEntry("a", "a", "127.0.0.1", 1, ready=True, serving=True, terminating=False)


def pod(*, ready: str = "True", deletion: float | None = None) -> Pod:
    condition = PodCondition(type="Ready", status=ready, last_transition_time=1000.0)
    return Pod(
        metadata=ObjectMeta(name="a", namespace="default", uid="a", deletion_timestamp=deletion),
        status=PodStatus(conditions=(condition,)),
    )


def moments(item: Pod | None, *, slow_start: bool = True) -> tuple[float, float]:
    (entry,) = dated([ENTRY], [item] if item else [], 900.0, slow_start=slow_start)
    return entry.ready_since, entry.cut_at


def test_a_ready_pod_is_ready_since_its_condition_says_so_on_the_clock_of_the_workers() -> None:
    assert moments(pod()) == (100.0, 0.0)


def test_nobody_is_told_where_nobody_asks() -> None:
    assert moments(pod(), slow_start=False) == (0.0, 0.0)
    assert moments(pod(ready="False")) == (0.0, 0.0)
    assert moments(None) == (0.0, 0.0)


def test_a_terminating_pod_has_until_its_grace_period_is_over() -> None:
    assert moments(pod(deletion=1030.0), slow_start=False) == (0.0, 130.0)
