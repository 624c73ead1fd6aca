from __future__ import annotations

import pytest

from readylb.cli.client_verb import Subject, parse_subjects
from readylb.core.api_resources import DEPLOYMENTS, PODS, SERVICES
from readylb.errors import UsageError


@pytest.mark.parametrize(
    ("words", "subjects"),
    [
        (["pods"], [Subject(PODS)]),
        (["Pod"], [Subject(PODS)]),
        (["po,svc"], [Subject(PODS), Subject(SERVICES)]),
        (["po", "a", "b"], [Subject(PODS, "a"), Subject(PODS, "b")]),
        (["pod/a", "deploy/b"], [Subject(PODS, "a"), Subject(DEPLOYMENTS, "b")]),
        (["deployments.apps", "x"], [Subject(DEPLOYMENTS, "x")]),
    ],
)
def test_types_and_names_are_read_as_kubectl_does(words: list[str], subjects: list[Subject]) -> None:
    assert parse_subjects(words) == subjects


def test_all_is_what_runs() -> None:
    names = [subject.resource.plural for subject in parse_subjects(["all"])]
    assert names == ["pods", "replicationcontrollers", "services", "deployments", "replicasets"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name a resource type"),
        (["podz"], "did you mean pod"),
        (["xyzzy"], "there are: pods"),
        (["all", "x"], "one object in all"),
        (["pod/a", "b"], "cannot mix b with TYPE/NAME"),
        (["pod/"], "cannot mix pod/"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_subjects(words)
