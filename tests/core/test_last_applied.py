from __future__ import annotations

import json
from dataclasses import replace

from readylb.core.last_applied import applied, authored, noted, said_of, signed
from readylb.model import Deployment
from readylb.model.meta import LAST_APPLIED_ANNOTATION, ObjectMeta
from readylb.model.workload import DeploymentSpec

SAID = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "creationTimestamp": None},
    "spec": {"replicas": 2},
    "status": {},
}


def web(replicas: int = 2) -> Deployment:
    return Deployment(metadata=ObjectMeta(name="web", uid="u"), spec=DeploymentSpec(replicas=replicas))


def test_the_note_is_written_as_kubectl_writes_it() -> None:
    assert signed(web(), SAID).metadata.annotations[LAST_APPLIED_ANNOTATION] == (
        '{"apiVersion":"apps/v1","kind":"Deployment",'
        '"metadata":{"annotations":{},"name":"web","namespace":"default"},"spec":{"replicas":2}}\n'
    )


def test_a_note_does_not_hold_the_note_before_it() -> None:
    noted_before = {"a": "b", LAST_APPLIED_ANNOTATION: "{}"}
    said = said_of(signed(web(), {**SAID, "metadata": {"name": "web", "annotations": noted_before}}))
    assert said["metadata"]["annotations"] == {"a": "b"}


def test_without_a_note_all_that_an_object_is_was_said() -> None:
    assert said_of(web()) == authored(web())
    assert authored(web())["metadata"] == {"name": "web", "namespace": "default"}
    assert "status" not in authored(web())


def test_a_note_that_cannot_be_read_says_nothing() -> None:
    assert [noted({LAST_APPLIED_ANNOTATION: text}) for text in ("", "{", "3", "[" * 100_000)] == [{}] * 4


def test_applying_keeps_what_is_the_servers_and_renews_the_note() -> None:
    live = {
        "metadata": {
            "name": "web",
            "namespace": "default",
            "uid": "u",
            "annotations": {
                "revision": "1",
                LAST_APPLIED_ANNOTATION: json.dumps({"spec": {"paused": True}}),
            },
        },
        "spec": {"replicas": 5, "paused": True},
        "status": {"replicas": 5},
    }
    item = signed(web(), SAID)
    note = item.metadata.annotations[LAST_APPLIED_ANNOTATION]
    found = applied(item, live)
    assert found["metadata"]["annotations"] == {"revision": "1", LAST_APPLIED_ANNOTATION: note}
    assert (found["metadata"]["uid"], found["status"]) == ("u", {"replicas": 5})
    assert found["spec"] == {"replicas": 2}
    assert applied(replace(item), found) == found
