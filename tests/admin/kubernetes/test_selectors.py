from __future__ import annotations

import pytest
from tests.admin.fakes import make_event, make_pod

from readylb.admin.kubernetes.selectors import parse_field_selector, parse_label_selector
from readylb.admin.kubernetes.status import BadRequestError


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a==b", {"a": "b"}, True),
        ("a = b", {"a": "c"}, False),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a=", {"a": ""}, True),
        ("a in (b, c)", {"a": "c"}, True),
        ("a in (b)", {}, False),
        ("a notin (b,c)", {"a": "c"}, False),
        ("a notin (b,c)", {}, True),
        ("a", {"a": ""}, True),
        ("!a", {"a": ""}, False),
        ("!a", {}, True),
        ("a in (b,c),d=e,!f", {"a": "b", "d": "e"}, True),
        ("a in (b,c),d=e,!f", {"a": "b", "d": "e", "f": "1"}, False),
        ("app.kubernetes.io/name=x", {"app.kubernetes.io/name": "x"}, True),
    ],
)
def test_label_selectors_read_as_in_kubernetes(text: str, labels: dict[str, str], matches: bool) -> None:
    assert parse_label_selector(text).matches(labels) is matches


@pytest.mark.parametrize("text", ["a=b=c", "a in b", "=b", "a,,b", "a within (b)", "a > 1", "in (x)"])
def test_a_label_selector_that_cannot_be_read_is_quoted(text: str) -> None:
    with pytest.raises(BadRequestError, match="unable to parse requirement"):
        parse_label_selector(text)


def test_field_selectors_know_the_fields_of_their_kind() -> None:
    pod = make_pod("web", 0.0)
    assert parse_field_selector("metadata.name=web,status.phase!=Failed", "Pod")(pod)
    assert not parse_field_selector("metadata.name==other", "Pod")(pod)
    event = make_event(pod, 100.0)
    assert parse_field_selector("involvedObject.name=web,type=Warning,reason=Unhealthy", "Event")(event)
    assert not parse_field_selector("involvedObject.kind=Service", "Event")(event)


@pytest.mark.parametrize(
    ("text", "kind"), [("spec.colour=red", "Pod"), ("reason=x", "Pod"), ("nonsense", "Pod")]
)
def test_a_field_that_cannot_be_selected_by_is_refused(text: str, kind: str) -> None:
    with pytest.raises(BadRequestError, match="field"):
        parse_field_selector(text, kind)
