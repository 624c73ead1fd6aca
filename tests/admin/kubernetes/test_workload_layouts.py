from __future__ import annotations

from dataclasses import replace

from tests.admin.fakes import make_event, make_pod, template

from readylb.admin.kubernetes.workload_layouts import (
    deployment_row,
    event_row,
    format_selector,
    replica_set_row,
    replication_controller_row,
)
from readylb.model import Deployment, ReplicaSet, ReplicationController
from readylb.model.meta import ObjectMeta
from readylb.model.workload import (
    DeploymentSpec,
    DeploymentStatus,
    LabelSelector,
    LabelSelectorRequirement,
    ReplicaSetSpec,
    ReplicaStatus,
    ReplicationControllerSpec,
)

NOW = 1_700_000_000.0
META = ObjectMeta(name="web", creation_timestamp=NOW - 7200)
IMAGE = "gcr.io/terrycho-sandbox/readiness:v1"
SELECTOR = LabelSelector(match_labels={"b": "2", "a": "1"})


def test_replica_counts_are_wanted_current_and_ready() -> None:
    controller = ReplicationController(
        metadata=META,
        spec=ReplicationControllerSpec(replicas=3, selector={"a": "1"}, template=template()),
        status=ReplicaStatus(replicas=2, ready_replicas=1),
    )
    assert replication_controller_row(controller, NOW) == ("web", 3, 2, 1, "120m", "readiness", IMAGE, "a=1")
    replicas = ReplicaSet(
        metadata=META,
        spec=ReplicaSetSpec(replicas=3, selector=SELECTOR, template=template()),
        status=ReplicaStatus(replicas=2, ready_replicas=1),
    )
    assert replica_set_row(replicas, NOW) == ("web", 3, 2, 1, "120m", "readiness", IMAGE, "a=1,b=2")


def test_a_deployment_shows_ready_of_wanted() -> None:
    item = Deployment(
        metadata=META,
        spec=DeploymentSpec(replicas=3, selector=SELECTOR, template=template()),
        status=DeploymentStatus(ready_replicas=1, updated_replicas=2, available_replicas=1),
    )
    assert deployment_row(item, NOW)[:5] == ("web", "1/3", 2, 1, "120m")


def test_an_event_shows_its_object_in_lower_case() -> None:
    event = make_event(make_pod("web-0", NOW), NOW)
    assert event_row(event, NOW) == (
        "4s",
        "Warning",
        "Unhealthy",
        "pod/web-0",
        "spec.containers{readiness}",
        "kubelet, here",
        "Readiness probe failed: HTTP probe failed with statuscode: 500",
        "4m55s",
        9,
        "web-0.17a",
    )
    assert event_row(replace(event, last_timestamp=None), NOW)[0] == "<unknown>"


def test_selectors_print_as_they_are_written() -> None:
    terms = (
        LabelSelectorRequirement(key="c", operator="In", values=("y", "x")),
        LabelSelectorRequirement(key="d", operator="NotIn", values=("z",)),
        LabelSelectorRequirement(key="e", operator="Exists"),
        LabelSelectorRequirement(key="f", operator="DoesNotExist"),
    )
    assert (
        format_selector(replace(SELECTOR, match_expressions=terms)) == "a=1,b=2,c in (x,y),d notin (z),e,!f"
    )
    assert format_selector(LabelSelector()) == "<none>"
