from __future__ import annotations

from readylb.core.merge_keys import merge_key


def test_a_list_is_known_by_the_first_field_that_all_of_its_elements_have() -> None:
    assert merge_key("containers", [{"name": "a"}], [{"name": "b"}]) == "name"
    assert merge_key("ports", [{"containerPort": 80, "name": "http"}]) == "containerPort"
    assert merge_key("ports", [{"port": 80}], [{"port": 81}]) == "port"


def test_lists_of_plain_values_and_of_others_have_no_key() -> None:
    assert merge_key("args", [{"name": "a"}]) == ""
    assert merge_key("env", [{"name": "a"}, {"value": "b"}]) == ""
    assert merge_key("env", ["a"]) == ""
