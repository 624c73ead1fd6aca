from __future__ import annotations

import pytest

from readylb.config.nodes import empty, locate
from readylb.config.yaml_nodes import read_yaml

TEXT = """\
spec:
  ports:
    - name: a
    -
      name: b
  type: x
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("spec", 1),
        ("spec.ports", 2),
        ("spec.ports[1]", 5),
        ("spec.ports[1].name", 5),
        ("spec.type", 6),
        ("spec[type]", 6),
    ],
)
def test_a_path_leads_to_its_line(path, line):
    (root,) = read_yaml(TEXT)
    assert locate(root, path) == line


@pytest.mark.parametrize(
    ("path", "line"), [("spec.ports[7].name", 2), ("spec.none.deeper", 1), ("", 1), ("x[0]", 1)]
)
def test_a_path_that_does_not_exist_leads_to_the_nearest_parent(path, line):
    (root,) = read_yaml(TEXT)
    assert locate(root, path) == line


@pytest.mark.parametrize("text", ["~", "''", "[]", "{}", "false"])
def test_a_value_that_says_nothing_is_empty(text):
    (root,) = read_yaml(text)
    assert empty(root)


@pytest.mark.parametrize("text", ["0", "x", "[a]", "{a: 1}", "true"])
def test_a_value_that_says_something_is_not_empty(text):
    (root,) = read_yaml(text)
    assert not empty(root)
