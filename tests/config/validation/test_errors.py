from __future__ import annotations

from readylb.config.validation.errors import duplicate, forbidden, invalid, required, sentence, unsupported
from readylb.model import Deployment, Pod
from readylb.model.meta import ObjectMeta


def test_errors_read_as_the_api_server_writes_them():
    assert str(required("a.b")) == "a.b: Required value"
    assert str(required("a.b", "why")) == "a.b: Required value: why"
    assert str(invalid("a", "x", "why")) == 'a: Invalid value: "x": why'
    assert str(invalid("a", {"b": "c"}, "why")) == 'a: Invalid value: {"b":"c"}: why'
    assert str(forbidden("a", "why")) == "a: Forbidden: why"
    assert str(duplicate("a", 1)) == "a: Duplicate value: 1"
    assert str(unsupported("a", "x", ["c", "b"])) == 'a: Unsupported value: "x": supported values: "b", "c"'


def test_one_error_is_said_alone():
    pod = Pod(metadata=ObjectMeta(name="p"))
    assert sentence(pod, [required("a")]) == 'Pod "p" is invalid: a: Required value'


def test_several_errors_are_listed_once_each_with_the_group_of_the_kind():
    deployment = Deployment(metadata=ObjectMeta(name="d"))
    errors = [required("a"), required("b"), required("a")]
    expected = 'Deployment.apps "d" is invalid: [a: Required value, b: Required value]'
    assert sentence(deployment, errors) == expected
