from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from readylb.config import schema
from readylb.config.load import load

ROOT = Path(__file__).parents[2]
MANIFESTS = Path(__file__).parent / "manifests"
FILES = [
    *sorted(MANIFESTS.glob("*.yaml")),
    *sorted((ROOT / "config").rglob("*.yaml")),
    *sorted((ROOT / "examples").rglob("*.yaml")),
]
VALID = [path for path in FILES if "misplaced" not in path.name and "prometheus" not in path.parts]


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def schema_for(document):
    return schema.kubernetes_schema() if "kind" in document else schema.native_schema()


def validator(made):
    return jsonschema.Draft202012Validator(made)


@pytest.mark.parametrize("name", schema.files())
def test_the_files_are_what_the_model_says(name):
    stored = (ROOT / "config" / name).read_text()
    assert stored == schema.files()[name], "run: python -m readylb.config.schema"


@pytest.mark.parametrize("name", schema.files())
def test_the_files_are_json_schemas(name):
    jsonschema.Draft202012Validator.check_schema(json.loads((ROOT / "config" / name).read_text()))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_files_that_people_copy_fit_the_schema(path):
    for document in documents(path):
        validator(schema_for(document)).validate(document)


def test_the_annotated_readylb_yaml_is_valid():
    loaded = load([str(ROOT / "config" / "readylb.yaml")])
    assert loaded.warnings == ()
    assert len(loaded.objects) == 5


@pytest.mark.parametrize(
    "service",
    [
        {"endpoints": ["a:1"]},
        {"port": 80},
        {"port": 80, "endpoints": ["a:1"], "command": "x"},
        {"port": 0, "endpoints": ["a:1"]},
        {"port": 80, "endpoints": ["a:1"], "colour": "red"},
        {"port": 80, "endpoints": ["a:1"], "readinessProbe": {"httpGet": {"paht": "/"}}},
        {"port": 80, "endpoints": ["a:1"], "balancer": "fastest"},
    ],
)
def test_wrong_services_do_not_fit(service):
    assert not validator(schema.native_schema()).is_valid({"services": {"web": service}})


def test_misplaced_probe_fields_do_not_fit():
    (document,) = documents(MANIFESTS / "liveness2-misplaced.yaml")
    assert not validator(schema.kubernetes_schema()).is_valid(document)


def test_fields_that_are_left_out_of_account_say_why():
    definitions = schema.kubernetes_schema()["$defs"]
    assert definitions["PodSpec"]["properties"]["volumes"]["description"].startswith("ignored: ")
    assert "schedulingGates" not in definitions["PodSpec"]["properties"]
