from __future__ import annotations

from readylb.core.revisions import remembered, restored, revision_of
from readylb.model.workload import REVISION_ANNOTATION, REVISION_HISTORY_ANNOTATION

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def test_a_revision_is_a_number_or_none() -> None:
    assert revision_of({REVISION_ANNOTATION: "12"}) == 12
    assert [revision_of({REVISION_ANNOTATION: text}) for text in ("", "x", "-1", "²")] == [0, 0, 0, 0]
    assert revision_of({}) == 0


def test_a_new_set_takes_over_the_cause_but_not_what_was_applied() -> None:
    notes = {"kubernetes.io/change-cause": "image 2", LAST_APPLIED: "{}", REVISION_ANNOTATION: "1"}
    assert remembered({}, notes, 2) == {"kubernetes.io/change-cause": "image 2", REVISION_ANNOTATION: "2"}


def test_a_set_that_comes_back_remembers_which_revisions_it_was() -> None:
    first = remembered({REVISION_ANNOTATION: "1"}, {}, 3)
    assert first == {REVISION_ANNOTATION: "3", REVISION_HISTORY_ANNOTATION: "1"}
    assert remembered(first, {}, 5) == {REVISION_ANNOTATION: "5", REVISION_HISTORY_ANNOTATION: "1,3"}
    assert remembered(first, {}, 3) == first


def test_what_a_set_remembers_comes_back_and_what_is_the_deployments_own_stays() -> None:
    deployment = {LAST_APPLIED: "{}", REVISION_ANNOTATION: "4", "kubernetes.io/change-cause": "bad"}
    replica_set = {REVISION_ANNOTATION: "2", REVISION_HISTORY_ANNOTATION: "1", "team": "a"}
    assert restored(deployment, replica_set) == {LAST_APPLIED: "{}", REVISION_ANNOTATION: "4", "team": "a"}
