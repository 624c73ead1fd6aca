"""What `kubectl apply` makes of what was said, what is said now, and what there is."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from readylb.core.three_way import three_way

DOCUMENTS = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3), max_size=3),
    lambda below: st.dictionaries(st.sampled_from("abcd"), below | st.integers(0, 3), max_size=3),
    max_leaves=8,
)


def test_what_is_said_wins_and_what_nobody_said_stays() -> None:
    live = {"spec": {"replicas": 5, "paused": False}}
    assert three_way({}, {"spec": {"replicas": 2}}, live) == {"spec": {"replicas": 2, "paused": False}}


def test_what_is_said_no_more_goes() -> None:
    last: dict[str, Any] = {"spec": {"replicas": 2, "minReadySeconds": 5}, "metadata": {"labels": {"a": "b"}}}
    live = {"spec": {"replicas": 2, "minReadySeconds": 9}, "metadata": {"labels": {"a": "b", "c": "d"}}}
    said: dict[str, Any] = {"spec": {"replicas": 2}, "metadata": {"labels": {}}}
    assert three_way(last, said, live) == {"spec": {"replicas": 2}, "metadata": {"labels": {"c": "d"}}}


def test_what_was_scaled_stays_where_the_file_never_names_it() -> None:
    said = {"spec": {"minReadySeconds": 1}}
    assert three_way(said, said, {"spec": {"replicas": 5}}) == {"spec": {"replicas": 5, "minReadySeconds": 1}}


def test_null_says_that_there_shall_be_nothing() -> None:
    assert three_way({}, {"a": None, "b": None}, {"a": 1}) == {}


def test_containers_and_their_variables_merge_by_name() -> None:
    last = {"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "1"}]}]}
    live = {
        "containers": [
            {"name": "injected", "image": "i"},
            {"name": "a", "imagePullPolicy": "Always", "env": [*last["containers"][0]["env"], {"name": "Z"}]},
        ]
    }
    said = {"containers": [{"name": "a", "env": [{"name": "X", "value": "2"}]}]}
    assert three_way(last, said, live) == {
        "containers": [
            {"name": "a", "imagePullPolicy": "Always", "env": [{"name": "X", "value": "2"}, {"name": "Z"}]},
            {"name": "injected", "image": "i"},
        ]
    }


def test_what_is_no_key_in_what_was_said_before_is_passed_over() -> None:
    said, live = {"ports": [{"port": 80}]}, {"ports": [{"port": 80}, {"port": 81}]}
    assert three_way({"ports": [{"port": {}}, {"port": 81}, 3]}, said, live) == said


def test_other_lists_are_replaced_as_a_whole() -> None:
    assert three_way({}, {"args": ["a"]}, {"args": ["b", "c"]}) == {"args": ["a"]}
    twice = [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]
    assert three_way({}, {"ports": twice}, {"ports": [{"containerPort": 53}]}) == {"ports": twice}


def test_another_strategy_does_not_keep_the_settings_of_the_first() -> None:
    live = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}
    assert three_way({}, {"strategy": {"type": "Recreate"}}, live) == {"strategy": {"type": "Recreate"}}


@given(last=DOCUMENTS, said=DOCUMENTS, live=DOCUMENTS)
def test_saying_the_same_again_changes_nothing(last: Any, said: Any, live: Any) -> None:
    before = deepcopy((last, said, live))
    once = three_way(last, said, live)
    assert three_way(said, said, once) == once
    assert (last, said, live) == before
