from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readylb.config.json_nodes import looks_like_json, read_json
from readylb.config.nodes import NodeError, Sequence, Table

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def plain(node):
    if isinstance(node, Table):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    return [plain(item) for item in node.items] if isinstance(node, Sequence) else node.value


def refusal(text):
    with pytest.raises(NodeError) as caught:
        list(read_json(text))
    return caught.value.line, caught.value.message


@given(DATA.filter(lambda data: len(json.dumps(data)) < 1000), st.sampled_from([None, 2]))
def test_what_json_writes_is_read_back(data, indent):
    (node,) = read_json(json.dumps(data, indent=indent))
    assert plain(node) == data


def test_keys_and_values_remember_their_lines():
    (root,) = read_json('{\n "a": {\n  "b":\n   [1,\n2]}}')
    inner = root.get("a")
    assert root.entries["a"].line == 2
    assert inner.entries["b"].line == 3
    assert [item.line for item in inner.get("b").items] == [4, 5]


def test_objects_may_follow_each_other():
    assert [plain(node) for node in read_json('{"a":1}\n{"b":2}')] == [{"a": 1}, {"b": 2}]


def test_surrogate_pairs_are_one_character_and_halves_are_replaced():
    assert [plain(node) for node in read_json(r'["😀", "\ud83d"]')] == [["\U0001f600", "\ufffd"]]


def test_duplicate_keys_are_refused_with_both_lines():
    assert refusal('{"a": 1,\n"a": 2}') == (2, 'key "a" already set in map (line 1)')


def test_deep_nesting_is_refused():
    assert refusal("[" * 100_000) == (1, "nested more than 64 levels deep")


def test_many_values_are_refused():
    assert "split the file" in refusal("[" + "1," * 200_000)[1]


@pytest.mark.parametrize(
    "text", ["{", '{"a"', '{"a" 1}', "[1 2]", "[1,]", "{a: 1}", '"\x01"', "nul", "-", '{"a":1,}']
)
def test_what_is_not_json_is_refused(text):
    assert refusal(text)[1].startswith("not JSON: ")


def test_json_is_guessed_by_its_first_brace():
    assert looks_like_json(' \n{"a": 1}')
    assert not looks_like_json("a: {}")
