from __future__ import annotations

from typing import Any

from readylb.config.documents import read_document
from readylb.model import Deployment


def deployment(**spec: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "web:1", "command": ["true"]}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "uid": "u", "resourceVersion": "7", "creationTimestamp": "yesterday"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
        "status": {"replicas": "many"},
    }


def test_a_document_gets_every_default_and_nothing_of_the_servers_own() -> None:
    item, problems, _ = read_document(deployment())
    assert problems == ()
    assert isinstance(item, Deployment)
    assert item.spec.strategy.rolling_update is not None
    assert item.spec.template.spec.containers[0].image_pull_policy == "IfNotPresent"
    assert (item.metadata.uid, item.metadata.resource_version, item.status.replicas) == ("", "", 0)


def test_every_problem_is_told_with_its_place() -> None:
    item, problems, _ = read_document(deployment(replicas=-1, minReadySeconds="soon"))
    assert item is None
    assert {problem.path for problem in problems} == {"spec.replicas", "spec.minReadySeconds"}


def test_what_is_no_object_of_a_known_kind_is_refused() -> None:
    assert read_document({"kind": "Deployment"})[0] is None
    assert read_document({"apiVersion": "v1", "kind": "Secret"})[1] != ()
    assert read_document(deployment(replicas=float("nan")))[1] != ()
