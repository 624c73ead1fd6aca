from __future__ import annotations

import pytest

from readylb.model.workload import LabelSelector, LabelSelectorRequirement

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("key", "operator", "values", "expected"),
    [
        ("tier", "In", ("front", "back"), True),
        ("tier", "In", ("back",), False),
        ("zone", "In", ("",), False),
        ("tier", "NotIn", ("back",), True),
        ("tier", "NotIn", ("front",), False),
        ("zone", "NotIn", ("a",), True),
        ("tier", "Exists", (), True),
        ("zone", "Exists", (), False),
        ("zone", "DoesNotExist", (), True),
        ("tier", "DoesNotExist", (), False),
    ],
)
def test_an_expression_holds_as_in_kubernetes(key, operator, values, expected) -> None:
    requirement = LabelSelectorRequirement(key=key, operator=operator, values=values)
    assert LabelSelector(match_expressions=(requirement,)).matches(LABELS) is expected


def test_all_parts_of_a_selector_must_hold() -> None:
    exists = LabelSelectorRequirement(key="zone", operator="Exists")
    assert LabelSelector(match_labels={"app": "web"}).matches(LABELS)
    assert not LabelSelector(match_labels={"app": "web", "tier": "back"}).matches(LABELS)
    assert not LabelSelector(match_labels={"app": "web"}, match_expressions=(exists,)).matches(LABELS)


def test_an_empty_selector_matches_everything() -> None:
    assert LabelSelector().matches({})
