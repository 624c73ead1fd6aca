from __future__ import annotations

from typing import Any

import pytest

from readylb.admin.kubernetes.json_patch import apply_operations

BEFORE = {"a": {"b": 1}, "list": [1, 2], "x/y": {"~": 0}}


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "add", "path": "/a/c", "value": 2}, {"a": {"b": 1, "c": 2}}),
        ({"op": "add", "path": "/list/0", "value": 0}, {"list": [0, 1, 2]}),
        ({"op": "add", "path": "/list/-", "value": 3}, {"list": [1, 2, 3]}),
        ({"op": "add", "path": "/list/2", "value": 3}, {"list": [1, 2, 3]}),
        ({"op": "remove", "path": "/list/0"}, {"list": [2]}),
        ({"op": "replace", "path": "/a/b", "value": None}, {"a": {"b": None}}),
        ({"op": "replace", "path": "/x~1y/~0", "value": 1}, {"x/y": {"~": 1}}),
        ({"op": "move", "from": "/a/b", "path": "/b"}, {"a": {}, "b": 1}),
        ({"op": "copy", "from": "/a", "path": "/b"}, {"b": {"b": 1}}),
        ({"op": "test", "path": "/a/b", "value": 1}, {}),
    ],
)
def test_each_operation_changes_its_place(operation: Any, changed: Any) -> None:
    assert apply_operations(BEFORE, [operation]) == BEFORE | changed


def test_the_whole_document_can_be_replaced() -> None:
    assert apply_operations(BEFORE, [{"op": "replace", "path": "", "value": {}}]) == {}


@pytest.mark.parametrize(
    "operations",
    [
        {},
        ["text"],
        [{"op": "explode"}],
        [{"op": [], "path": "/a"}],
        [{"op": "remove", "path": ""}, {"op": "add", "path": "/a", "value": 1}],
        [{"op": "add", "path": "/a"}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "add", "path": "/a/b/c", "value": 1}],
        [{"op": "add", "path": "/list/4", "value": 1}],
        [{"op": "remove", "path": "/nope"}],
        [{"op": "remove", "path": "/nope/deeper"}],
        [{"op": "replace", "path": "/list/-", "value": 1}],
        [{"op": "move", "from": "/a", "path": "/a/b"}],
        [{"op": "test", "path": "/a/b", "value": 2}],
    ],
)
def test_an_operation_that_cannot_be_done_is_refused(operations: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        apply_operations(BEFORE, operations)
    assert BEFORE == {"a": {"b": 1}, "list": [1, 2], "x/y": {"~": 0}}


def test_a_document_that_is_removed_is_null() -> None:
    assert apply_operations(BEFORE, [{"op": "remove", "path": ""}]) is None
