"""What kubectl prints and refuses, word for word (compared with kubectl itself in tests/admin)."""

from __future__ import annotations

from typing import Any

import pytest

from readylb.cli import rollout_history
from readylb.errors import ApiError

CAUSE = "kubernetes.io/change-cause"
REVISION = "deployment.kubernetes.io/revision"


def template(image: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "web", **labels}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }


def deployment(image: str = "web:3", **spec: Any) -> dict[str, Any]:
    meta = {"name": "web", "uid": "u", "annotations": {REVISION: "3", CAUSE: "three"}}
    return {"metadata": meta, "spec": {"template": template(image), **spec}}


def replica_set(number: str, cause: str = "", uid: str = "u") -> dict[str, Any]:
    owner = {"kind": "Deployment", "name": "web", "uid": uid, "controller": True}
    notes = {REVISION: number, **({CAUSE: cause} if cause else {})}
    hashed = template(f"web:{number}", **{"pod-template-hash": f"h{number}"})
    return {
        "metadata": {"name": f"web-h{number}", "ownerReferences": [owner], "annotations": notes},
        "spec": {"template": hashed},
    }


SETS = [replica_set("3", "three"), replica_set("1"), replica_set("2", "two"), replica_set("9", uid="other")]


def known() -> dict[int, dict[str, Any]]:
    return rollout_history.revisions(deployment(), SETS)


def test_revisions_are_those_of_the_deployment_in_order() -> None:
    assert list(known()) == [1, 2, 3]


def test_history_is_a_table_of_revisions_and_causes() -> None:
    assert rollout_history.history(known()) == (
        "REVISION  CHANGE-CAUSE\n1         <none>\n2         two\n3         three\n"
    )
    assert rollout_history.history({}) == rollout_history.revision({}, 1) == "No rollout history found."


def test_one_revision_is_shown_with_its_cause() -> None:
    text = rollout_history.revision(known(), 2)
    assert text.startswith("Pod Template:\n  Labels:\tapp=web\n\tpod-template-hash=h2\n")
    assert f"  Annotations:\t{CAUSE}: two\n" in text
    assert "    Image:\tweb:2\n" in text
    assert CAUSE not in SETS[2]["spec"]["template"]["metadata"]


def test_a_revision_that_is_not_there_is_refused() -> None:
    with pytest.raises(ApiError, match="unable to find the specified revision"):
        rollout_history.revision(known(), 7)
    with pytest.raises(ApiError, match="unable to find specified revision 7 in history"):
        rollout_history.chosen(deployment(), known(), 7)


def test_without_a_number_the_last_but_one_comes_back() -> None:
    assert rollout_history.chosen(deployment(), known(), 0) == 2
    assert rollout_history.chosen(deployment(), known(), 1) == 1


def test_nothing_comes_back_where_there_is_only_one() -> None:
    with pytest.raises(ApiError, match='no rollout history found for deployment "web"'):
        rollout_history.chosen(deployment(), {1: SETS[1]}, 0)


def test_a_paused_deployment_is_not_rolled_back() -> None:
    with pytest.raises(ApiError, match="cannot rollback a paused deployment; resume it first"):
        rollout_history.chosen(deployment(paused=True), known(), 0)


def test_the_way_back_restores_the_template_and_what_was_noted_of_it() -> None:
    assert rollout_history.way_back(deployment(), SETS[2]) == [
        {"op": "replace", "path": "/spec/template", "value": template("web:2")},
        {"op": "replace", "path": "/metadata/annotations", "value": {REVISION: "3", CAUSE: "two"}},
    ]


def test_there_is_no_way_back_to_where_it_is() -> None:
    assert rollout_history.way_back(deployment("web:2"), SETS[2]) == []
