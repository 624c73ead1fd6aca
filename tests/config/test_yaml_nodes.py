from __future__ import annotations

import time

import pytest

from readylb.config.nodes import NodeError, Scalar, Sequence, Table
from readylb.config.yaml_nodes import read_yaml


def plain(node):
    if isinstance(node, Table):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    return [plain(item) for item in node.items] if isinstance(node, Sequence) else node.value


def read(text):
    return [plain(node) for node in read_yaml(text)]


def refusal(text):
    with pytest.raises(NodeError) as caught:
        read(text)
    return caught.value.line, caught.value.message


def bomb(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_keys_and_values_remember_their_lines():
    (root,) = read_yaml("a:\n  b:\n    - c\n    -\n      d\n")
    inner = root.get("a")
    assert root.entries["a"].line == 1
    assert inner.entries["b"].line == 2
    assert [item.line for item in inner.get("b").items] == [3, 5]


def test_documents_follow_each_other_and_empty_ones_are_null():
    assert read("a: 1\n---\n---\n- b\n") == [{"a": 1}, None, ["b"]]


def test_an_empty_text_has_no_documents():
    assert read("# nothing\n") == []


def test_quoted_scalars_are_strings():
    assert read("['8080', \"on\", !!str 5, ! 6]") == [["8080", "on", "5", "6"]]


def test_tags_of_plain_types_are_honoured():
    assert read("[!!int '8', !!float '1.5', !!bool 'on', !!null '', !!binary aGk=]") == [
        [8, 1.5, True, None, "hi"]
    ]


def test_a_tag_that_its_text_does_not_fit_is_refused():
    assert refusal("a: !!int x") == (1, '"x" is not of the type that its tag !!int says')


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!custom", "!!set"])
def test_other_tags_are_refused(tag):
    assert "is not supported" in refusal(f"a:\n  b: {tag} {{}}")[1]


def test_keys_that_look_like_booleans_become_strings():
    assert read("on: 1\n8080: 2\n") == [{"true": 1, "8080": 2}]


def test_duplicate_keys_are_refused_with_both_lines():
    assert refusal("a: 1\nb: 2\na: 3\n") == (3, 'key "a" already set in map (line 1)')


def test_merge_keys_fill_in_what_is_not_said():
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  a: 0\n  <<: [*x, *y]\n"
    assert read(text)[0]["z"] == {"a": 0, "b": 1, "c": 2}


def test_a_quoted_merge_key_is_a_plain_key():
    assert read("'<<': 1") == [{"<<": 1}]


def test_only_mappings_can_be_merged():
    assert refusal("a: 1\n<<: 2\n") == (2, "map merge requires map or sequence of maps as the value")


def test_aliases_stand_for_their_anchors():
    assert read("a: &x [1]\nb: *x\n") == [{"a": [1], "b": [1]}]


def test_anchors_do_not_reach_the_next_document():
    assert "has no anchor before it" in refusal("a: &x 1\n---\nb: *x\n")[1]


def test_an_alias_inside_its_own_anchor_is_refused():
    assert refusal("a: &x [*x]") == (1, 'the alias "*x" is inside the value it stands for')


def test_alias_bombs_are_refused_within_a_second():
    before = time.process_time()
    line, message = refusal(bomb(12))
    assert line == 5
    assert "aliases expanded" in message
    assert time.process_time() - before < 1


def test_merge_bombs_are_refused():
    text = "a0: &a0 {k: [" + "x, " * 5000 + "x]}\n"
    text += "".join(f"b{n}: {{<<: *a0}}\n" for n in range(25))
    assert "aliases expanded" in refusal(text)[1]


def test_many_expanded_documents_are_refused():
    one = bomb(5) + "\n---\n"
    assert "split the file" in refusal(one * 20)[1]


def test_many_empty_documents_are_refused_within_a_second():
    before = time.process_time()
    assert "too many values" in refusal("---\n" * 700_000)[1]
    assert time.process_time() - before < 1


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000])
def test_deep_nesting_is_refused(text):
    assert refusal(text)[1].startswith(("nested more than 64 levels", "a key must be"))


def test_a_tab_is_named():
    line, message = refusal("a:\n\tb: 1\n")
    assert line == 2
    assert "is it a tab?" in message


def test_bad_indentation_is_named():
    line, message = refusal("a:\n  b: 1\n c: 2\n")
    assert line == 3
    assert "check the indentation" in message


def test_control_characters_are_refused_with_their_line():
    assert refusal("a: 1\nb: \x01\n")[0] == 2


@pytest.mark.parametrize("text", ["[a]: b", "{a: 1}: b", "1.5: b", "~: b"])
def test_keys_must_be_strings(text):
    assert refusal(text)[1].startswith("a key must be a string")


def test_scalars_remember_how_they_were_written():
    (root,) = read_yaml("0x10")
    assert root == Scalar(1, 16, "0x10")
