from __future__ import annotations

from typing import Any

import pytest

from readylb.admin.kubernetes.merge_patch import merge, merge_strategically

BEFORE = {
    "a": 1,
    "map": {"x": "1", "y": "2"},
    "containers": [{"name": "one", "image": "i:1", "args": ["a"]}, {"name": "two"}],
}


@pytest.mark.parametrize(
    ("patch", "after"),
    [
        ({"a": None}, {"map": BEFORE["map"], "containers": BEFORE["containers"]}),
        ({"map": {"x": None, "z": "3"}}, BEFORE | {"map": {"y": "2", "z": "3"}}),
        ({"containers": [{"name": "three"}]}, BEFORE | {"containers": [{"name": "three"}]}),
        ({"new": {"a": None, "b": 1}}, BEFORE | {"new": {"b": 1}}),
        ("text", "text"),
    ],
)
def test_a_merge_patch_merges_objects_and_replaces_the_rest(patch: Any, after: Any) -> None:
    assert merge(BEFORE, patch) == after


@pytest.mark.parametrize(
    ("patch", "names"),
    [
        ({"containers": [{"name": "two", "image": "j"}]}, ["one", "two"]),
        ({"containers": [{"name": "three"}]}, ["one", "two", "three"]),
        ({"containers": [{"name": "one", "$patch": "delete"}]}, ["two"]),
        ({"containers": [{"name": "four"}, {"$patch": "replace"}]}, ["four"]),
        (
            {
                "containers": [{"name": "three"}],
                "$setElementOrder/containers": [{"name": "three"}, {"name": "two"}, {"name": "one"}],
            },
            ["three", "two", "one"],
        ),
    ],
)
def test_a_strategic_patch_merges_containers_by_name(patch: Any, names: list[str]) -> None:
    assert [item["name"] for item in merge_strategically(BEFORE, patch)["containers"]] == names


def test_a_strategic_patch_keeps_what_it_does_not_name_of_a_container() -> None:
    patched = merge_strategically(BEFORE, {"containers": [{"name": "one", "image": "i:2", "args": ["b"]}]})
    assert patched["containers"][0] == {"name": "one", "image": "i:2", "args": ["b"]}
    assert BEFORE["containers"][0]["image"] == "i:1"  # type: ignore[index]


@pytest.mark.parametrize(
    ("patch", "after"),
    [
        ({"map": {"$patch": "replace", "z": "3"}}, {"z": "3"}),
        ({"map": {"$patch": "delete"}}, {}),
        ({"map": {"$retainKeys": ["y"], "y": "2"}}, {"y": "2"}),
        ({"map": {"x": None}}, {"y": "2"}),
    ],
)
def test_directives_replace_delete_and_retain(patch: Any, after: Any) -> None:
    assert merge_strategically(BEFORE, patch)["map"] == after


def test_values_are_deleted_from_a_list_of_plain_ones() -> None:
    patch = {"$deleteFromPrimitiveList/finalizers": ["a"]}
    assert merge_strategically({"finalizers": ["a", "b"]}, patch) == {"finalizers": ["b"]}


@pytest.mark.parametrize(
    "patch",
    [
        {"containers": [{"image": "nameless"}]},
        {"containers": ["text"]},
        {"$patch": "explode"},
        {"$unheard/of": []},
        {"$retainKeys": 3},
    ],
)
def test_what_cannot_be_understood_is_refused(patch: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        merge_strategically(BEFORE, patch)
