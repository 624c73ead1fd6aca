from __future__ import annotations

import pytest

from readylb.config.hints import did_you_mean, match_labels, misspelt, unknown_field
from readylb.config.yaml_nodes import read_yaml
from readylb.model import Deployment
from readylb.model.container import Container
from readylb.model.pod import PodSpec
from readylb.model.probe import HTTPGetAction, Probe
from readylb.model.workload import DeploymentSpec, LabelSelector


def hint(key, text, *types):
    (node,) = read_yaml(text)
    return unknown_field(key, node, types[-1], types)


def test_typing_errors_are_recognised():
    assert (
        did_you_mean("livenesProbe", ["livenessProbe", "readinessProbe"])
        == ' (did you mean "livenessProbe"?)'
    )
    assert did_you_mean("READINESSPROBE", ["readinessProbe"]) == ' (did you mean "readinessProbe"?)'
    assert did_you_mean("zzz", ["readinessProbe"]) == ""


def test_a_field_of_a_probe_beside_it_belongs_inside():
    assert hint("periodSeconds", "livenessProbe: {}", Container) == " (belongs inside livenessProbe)"


def test_with_two_probes_both_are_named():
    text = "{livenessProbe: {}, readinessProbe: {}}"
    assert hint("periodSeconds", text, Container) == " (belongs inside livenessProbe or readinessProbe)"


def test_without_a_probe_all_three_are_named():
    expected = " (belongs inside startupProbe, livenessProbe or readinessProbe)"
    assert hint("failureThreshold", "{}", Container) == expected


def test_a_typing_error_in_a_misplaced_field_is_recognised():
    expected = ' (did you mean "periodSeconds", inside livenessProbe)'
    assert hint("periodSecond", "livenessProbe: {}", Container) == expected


def test_a_field_that_is_too_deep_belongs_one_level_up():
    expected = " (belongs one level up, beside httpGet)"
    assert hint("periodSeconds", "{}", Container, Probe, HTTPGetAction) == expected


@pytest.mark.parametrize(
    ("key", "types", "place"),
    [
        ("containers", (Deployment, DeploymentSpec), "template.spec"),
        ("containers", (Deployment,), "spec.template.spec"),
        ("image", (PodSpec,), "containers or initContainers"),
        ("path", (Container, Probe), "httpGet"),
    ],
)
def test_a_field_that_is_too_high_is_told_its_place(key, types, place):
    assert hint(key, "{}", *types) == f" (belongs inside {place})"


def test_a_key_that_is_nearly_the_wanted_one_is_named():
    assert misspelt("apiVersion", ["kind", "apiversion"]) == ' ("apiversion" is not "apiVersion")'
    assert misspelt("services", ["service"]) == ' ("service" is not "services")'
    assert misspelt("services", ["port", "s" * 1000]) == ""


def test_a_long_key_gets_no_hint():
    assert hint("x" * 1000, "{}", Container) == ""


def test_a_label_beside_match_labels_belongs_inside():
    assert hint("app", "{app: web}", LabelSelector) == " (a label belongs inside matchLabels)"
    assert hint("matchLabel", "{}", LabelSelector) == ' (did you mean "matchLabels"?)'


def test_match_labels_in_a_plain_selector_are_too_much():
    remedy = " (this selector has no matchLabels: write the labels right below selector)"
    assert match_labels("spec.selector.matchLabels") == remedy
    assert match_labels("spec.selector.app") == ""
