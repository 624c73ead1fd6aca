from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conftest import FakeClock

from readylb.control.store import Store
from readylb.control.workers.latest_word import current
from readylb.core.drained import DRAINED
from readylb.model import Pod, ReplicaSet, Service
from readylb.model.meta import ObjectMeta, OwnerReference
from readylb.model.pod import PodCondition, PodStatus
from readylb.model.service import ServiceSpec
from readylb.model.workload import ReplicaSetSpec
from readylb.wire.messages import EndpointEntry

ENTRY = EndpointEntry("a", "a", "127.0.0.1", 1, ready=True, serving=True, terminating=False)
OWNER = OwnerReference(api_version="apps/v1", kind="ReplicaSet", name="web", uid="rs", controller=True)


def pod(*, ready: bool = True, terminating: bool = False, owned: bool = False, drained: bool = False) -> Pod:
    return Pod(
        metadata=ObjectMeta(
            name="a",
            namespace="default",
            uid="a",
            annotations={DRAINED: "true"} if drained else {},
            deletion_timestamp=1.0 if terminating else None,
            owner_references=(OWNER,) if owned else (),
        ),
        status=PodStatus(conditions=(PodCondition(type="Ready", status="True" if ready else "False"),)),
    )


def judged(
    item: Pod | None, *, published: bool = False, replicas: int | None = None, survived: bool = False
) -> tuple[bool, bool, bool]:
    store = Store(FakeClock())
    if replicas is not None:
        meta = ObjectMeta(name="web", namespace="default")
        store.create(ReplicaSet(metadata=meta, spec=ReplicaSetSpec(replicas=replicas)))
    service = Service(spec=ServiceSpec(publish_not_ready_addresses=published))
    (entry,) = current([ENTRY], service, [item] if item else [], store, lambda _: survived)
    return entry.ready, entry.serving, entry.terminating


def test_a_slice_is_believed_where_the_pod_says_the_same_or_there_is_none() -> None:
    assert judged(pod()) == judged(None) == (True, True, False)


def test_a_pod_that_is_not_ready_any_more_is_out_before_its_slice_says_so() -> None:
    assert judged(pod(ready=False)) == (False, False, False)
    assert judged(pod(ready=False), published=True) == (True, True, False)


def test_a_drained_pod_is_out_before_its_slice_says_so_and_is_no_last_resort() -> None:
    assert judged(pod(drained=True)) == judged(pod(drained=True), published=True) == (False, True, False)
    assert judged(pod(drained=True, ready=False)) == (False, False, False)
    leaving = pod(drained=True, terminating=True, owned=True)
    assert judged(leaving, replicas=1, survived=True) == (False, False, True)


def test_a_terminating_pod_without_successor_is_out_even_where_unready_ones_are_published() -> None:
    assert judged(pod(terminating=True)) == (False, False, True)
    assert judged(pod(terminating=True), published=True) == (False, False, True)


@pytest.mark.parametrize(("replicas", "serving"), [(1, True), (0, False), (None, False)])
def test_a_terminating_pod_is_the_last_resort_while_its_workload_wants_a_replica(
    replicas: int | None, serving: bool
) -> None:
    found = judged(pod(terminating=True, owned=True), replicas=replicas)
    assert found == (False, serving, True)


def test_a_terminating_pod_that_survived_its_signal_is_the_last_resort_again() -> None:
    assert judged(pod(terminating=True), survived=True) == (False, True, True)
    assert judged(replace(pod(terminating=True, ready=False)), survived=True) == (False, False, True)
