from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from readylb.config.load import load
from readylb.config.nodes import MAX_VALUES
from readylb.config.problems import Loaded
from readylb.errors import ConfigError

MANIFESTS = Path(__file__).parent / "manifests"
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
    "spec: {containers: [{name: a, image: i, command: [x]}]}\n"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: p}\nspec: {ports: [{port: 80}]}\n"

_WORDS = """
apiVersion kind v1 Pod Service List metadata name spec containers ports port services images endpoints
command readinessProbe httpGet items a 127.0.0.1:1 <<
"""
WORDS = st.sampled_from(_WORDS.split())
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=30,
)


def outcome(data):
    """Load bytes: Loaded or ConfigError, anything else is raised."""
    try:
        return load(["-"], stdin=io.BytesIO(data))
    except ConfigError as error:
        return error


def object_like(data):
    """Give any data the head of something that is loaded."""
    heads = [{"apiVersion": "v1", "kind": kind} for kind in ("Pod", "Service", "List")]
    heads.append({"apiVersion": "apps/v1", "kind": "Deployment"})
    return [head | {"metadata": {"name": "x"}, "spec": data, "items": data} for head in heads] + [
        {"services": {"web": data}},
        {"services": data, "images": data},
    ]


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_loaded_or_refused(data):
    result = outcome(data)
    assert isinstance(result, Loaded | ConfigError)
    assert all(line.isprintable() for line in str(result).split("\n"))


@given(DATA)
@settings(max_examples=60, deadline=None)
def test_any_data_is_loaded_or_refused(data):
    for document in object_like(data):
        assert isinstance(outcome(json.dumps(document).encode()), Loaded | ConfigError)
        assert isinstance(outcome(yaml.safe_dump(document).encode()), Loaded | ConfigError)


def mutated(value, draw):
    """Replace, drop or add something at one place of plain data."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(value)))
        changed = {**value, key: mutated(value[key], draw)}
        return changed if draw(st.integers(0, 5)) else {**changed, draw(WORDS): changed.pop(key)}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], mutated(value[at], draw), *value[at:]]
    return draw(DATA)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_tutorial_with_something_changed_is_loaded_or_refused(data):
    path = data.draw(st.sampled_from(sorted(MANIFESTS.glob("*.yaml"))))
    documents = [mutated(document, data.draw) for document in yaml.safe_load_all(path.read_text())]
    assert isinstance(outcome(yaml.safe_dump_all(documents).encode()), Loaded | ConfigError)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_manifest_with_a_broken_byte_is_loaded_or_refused(data):
    text = bytearray((POD + "---\n" + SERVICE).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(outcome(bytes(text)), Loaded | ConfigError)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 3_000_000,
        b"{" * 3_000_000,
        b'{"a":' * 600_000,
        b"a: " + b"[" * 63 + b"]" * 63,
        b"? " * 1_000_000,
        b"- " * 1_000_000,
        b"&a " * 1_000_000,
        b"*" * 3_000_000,
        b'"' + b"\\" * 3_000_000,
        b"'" * 3_000_000,
        b"a: |\n" + b" x\n" * 1_000_000,
        b"\n" * 3_000_000,
        b"#" * 3_000_000,
        b"a" * 3_000_000,
        b"a: " + b"1" * 3_000_000,
        b"1" * 3_000_000 + b": a",
        b"--- " * 700_000,
        b"%YAML 9.9\n---\n",
        b"{" + b'"a":1,' * 500_000,
        b"kind: Pod\napiVersion: v1\n" + b"".join(b"k%d: 1\n" % number for number in range(24_000)),
        b"services:\n" + b"".join(b"  s%d: {prt: 1}\n" % number for number in range(MAX_VALUES * 3 // 10)),
        b"kind: Pod\napiVersion: v1\n" + b"x" * 1_000_000 + b": 1\n",
        b"!!python/object/apply:os.system [x]",
    ],
    ids=range(23),
)
def test_hostile_text_is_refused_within_a_second(data):
    before = time.process_time()
    result = outcome(data)
    seconds = time.process_time() - before
    assert isinstance(result, ConfigError)
    assert len(str(result)) < 100_000
    assert seconds < 1


@pytest.mark.parametrize("text", ["", "# nothing", "---\n---\n", "~", "\ufeff"])
def test_nothing_is_an_error(problems, text):
    assert problems(text.encode()) == ["-: no objects in it"]


@pytest.mark.parametrize(("text", "found"), [("hello", '"hello"'), ("[1]", "a list"), ("5", "5")])
def test_what_is_no_object_is_named(problems, text, found):
    assert problems(text) == [f"stdin:1: expected an object, found {found}"]


def test_what_belongs_to_neither_dialect_is_named(problems):
    assert problems("a: 1") == [
        "stdin:1: neither a Kubernetes manifest (no apiVersion and kind) nor a readylb.yaml (no services)"
    ]


def test_both_dialects_may_share_a_text(load_text):
    loaded = load_text(POD + "---\nservices: {web: {port: 80, endpoints: ['a:1']}}\n")
    assert [item.metadata.name for item in loaded.objects] == ["p", "web", "web-0"]


def test_json_is_read_with_its_lines(problems):
    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "P"}, "spec": {}}, indent=1)
    found = problems(text)
    assert [line.partition(": ")[0] for line in found] == ["stdin:5", "stdin:7"]


def test_flow_style_yaml_is_not_taken_for_json(load_text):
    text = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}"
    assert load_text(text).objects[0].metadata.name == "s"


def test_a_json_file_is_judged_as_json(tmp_path):
    (tmp_path / "a.json").write_text("{apiVersion: v1}")
    with pytest.raises(ConfigError, match=r"a\.json:1: not JSON: expected a key in double quotes"):
        load([str(tmp_path)])


def test_duplicate_keys_in_json_are_refused(problems):
    assert problems('{"apiVersion": "v1",\n"kind": "Pod", "kind": "Pod"}') == [
        'stdin:2: key "kind" already set in map (line 2)'
    ]


RC = """apiVersion: v1
kind: ReplicationController
metadata: {{name: web}}
spec: {{replicas: {replicas}, template: {{metadata: {{labels: {{a: web}}}}, spec: {{containers: [
  {{name: c, image: i, command: [x], ports: [{{containerPort: 80}}]}}]}}}}}}
"""


def test_names_are_unique_across_files(tmp_path):
    (tmp_path / "a.yaml").write_text(POD)
    (tmp_path / "b.yaml").write_text(SERVICE + "---\n" + POD)
    with pytest.raises(ConfigError) as caught:
        load([str(tmp_path)])
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    assert str(caught.value) == f'{b}:8: metadata.name: Pod "p" is already defined at {a}:3'


def test_the_same_name_in_another_namespace_is_another_object(load_text):
    loaded = load_text(POD + "---\n" + POD.replace("name: p", "name: p, namespace: other"))
    assert len(loaded.objects) == 2


def test_problems_of_every_file_are_said_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [")
    (tmp_path / "b.yaml").write_text("kind: Pod\n")
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigError) as caught:
        load([str(tmp_path), str(tmp_path / "none.yaml")])
    assert len(str(caught.value).split("\n")) == 4


def test_documents_before_a_syntax_error_are_judged_too(problems):
    found = problems("apiVersion: v1\nkind: Ingress\n---\na: [\n")
    assert [line.partition(": ")[0] for line in found] == ["stdin:2", "stdin:5"]


def test_the_order_of_the_files_is_kept(load_text):
    loaded = load_text(SERVICE + "---\n" + POD)
    assert [item.KIND for item in loaded.objects] == ["Service", "Pod"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (RC.format(replicas=2_000_000), "stdin:4: "),
        (
            RC.format(replicas=10_000) + "---\n" + RC.format(replicas=1).replace("web", "b"),
            "stdin:10: ",
        ),
        ("services:\n  web: {port: 80, command: run, replicas: 10001}\n", "stdin:2: "),
    ],
)
def test_more_pods_than_there_are_ports_are_refused(problems, text, place):
    (problem,) = problems(text)
    assert problem.startswith(place)
    assert "replicas: Invalid value: all pods together would take " in problem
