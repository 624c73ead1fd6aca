from __future__ import annotations

from readylb.core.drained import DRAINED, with_drained
from readylb.core.replicas import Wanted, available_in, claim, next_available, status, surplus
from readylb.model import Pod
from readylb.model.container import ContainerStatus
from readylb.model.meta import ObjectMeta, OwnerReference
from readylb.model.pod import PodCondition, PodPhase, PodSpec, PodStatus
from readylb.model.workload import LabelSelector

NOW = 1000.0
SELECTOR = LabelSelector(match_labels={"app": "web"})


def a_pod(  # noqa: PLR0917 -- a test's shorthand for a pod
    name: str = "a",
    phase: PodPhase = PodPhase.RUNNING,
    ready: bool = True,
    since: float = 0.0,
    created: float = 0.0,
    restarts: int = 0,
    assigned: bool = True,
    deleted: float | None = None,
    labels: dict[str, str] | None = None,
    owner: str = "",
) -> Pod:
    references = (OwnerReference(api_version="v1", kind="RC", name="web", uid=owner, controller=True),)
    return Pod(
        metadata=ObjectMeta(
            name=name,
            creation_timestamp=created,
            deletion_timestamp=deleted,
            labels={"app": "web"} if labels is None else labels,
            owner_references=references if owner else (),
        ),
        spec=PodSpec(node_name="local" if assigned else ""),
        status=PodStatus(
            phase=phase,
            conditions=(PodCondition(type="Ready", status=str(ready), last_transition_time=since),),
            container_statuses=(ContainerStatus(name="app", restart_count=restarts),),
        ),
    )


def first(*pods: Pod) -> str:
    return surplus(pods, len(pods) - 1)[0].metadata.name


def test_an_unassigned_pod_goes_before_an_assigned_one() -> None:
    assert first(a_pod("a"), a_pod("b", assigned=False)) == "b"


def test_a_pending_pod_goes_before_a_running_one() -> None:
    assert first(a_pod("a", ready=False), a_pod("b", phase=PodPhase.PENDING, ready=False)) == "b"


def test_an_unready_pod_goes_before_a_ready_one() -> None:
    assert first(a_pod("a"), a_pod("b", ready=False)) == "b"


def test_a_pod_that_became_ready_later_goes_first() -> None:
    assert first(a_pod("a", since=100), a_pod("b", since=200)) == "b"


def test_a_pod_with_more_restarts_goes_first() -> None:
    assert first(a_pod("a", restarts=1), a_pod("b", restarts=3)) == "b"


def test_a_younger_pod_goes_first() -> None:
    assert first(a_pod("a", created=1), a_pod("b", created=2)) == "b"


def test_a_pod_that_is_on_its_way_out_is_not_deleted_again() -> None:
    assert surplus([a_pod("a", deleted=5.0), a_pod("b")], 1) == ()


def test_a_drained_pod_is_missed_less_than_one_that_serves() -> None:
    drained = with_drained(a_pod("a", since=5.0), {DRAINED: "true"})
    assert [pod.metadata.name for pod in surplus([a_pod("b", since=900.0), drained], 1)] == ["a"]


def test_nothing_is_surplus_when_too_few_are_there() -> None:
    assert surplus([a_pod()], 3) == ()


def test_pods_are_claimed_by_owner_and_labels() -> None:
    pods = {
        "mine": a_pod(owner="u1"),
        "strayed": a_pod(owner="u1", labels={}),
        "leaving": a_pod(owner="u1", labels={}, deleted=5.0),
        "orphan": a_pod(),
        "done": a_pod(phase=PodPhase.FAILED),
        "theirs": a_pod(owner="u2"),
        "other": a_pod(labels={}),
    }
    found = claim("u1", SELECTOR, pods.values())
    assert found.mine == (pods["mine"], pods["leaving"])
    assert found.adopt == (pods["orphan"],)
    assert found.release == (pods["strayed"],)


def test_availability_waits_for_min_ready_seconds() -> None:
    assert available_in(a_pod(ready=False), 10, NOW) is None
    assert available_in(a_pod(since=995), 0, NOW) == 0.0
    assert available_in(a_pod(since=995), 10, NOW) == 5.0
    assert available_in(a_pod(since=980), 10, NOW) == 0.0


def test_the_next_moment_is_that_of_the_pod_that_waits_least() -> None:
    pods = [a_pod(since=995), a_pod(since=997), a_pod(since=900), a_pod(ready=False)]
    assert next_available(pods, 10, NOW) == 5.0
    assert next_available(pods[2:], 10, NOW) is None


def test_status_counts_active_pods_only() -> None:
    pods = [
        a_pod(labels={"app": "web", "extra": "1"}, since=900),
        a_pod(labels={}, since=999),
        a_pod(ready=False),
        a_pod(deleted=5.0),
        a_pod(phase=PodPhase.SUCCEEDED),
    ]
    counted = status(pods, Wanted({"app": "web"}, 10, 4), NOW)
    assert (counted.replicas, counted.fully_labeled_replicas) == (3, 2)
    assert (counted.ready_replicas, counted.available_replicas, counted.observed_generation) == (2, 1, 4)
