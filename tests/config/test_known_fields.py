from __future__ import annotations

import pytest

from readylb.config.known_fields import KNOWN
from readylb.config.shapes import shapes

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec:
  containers: [{{name: a, image: i, command: [x]}}]
  {}
"""


@pytest.mark.parametrize("cls", KNOWN, ids=lambda cls: cls.__name__)
def test_no_field_is_both_in_the_model_and_in_the_table(cls):
    assert set(KNOWN[cls]) & set(shapes(cls)) <= IN_THE_MODEL


#: Fields that the model has for its own use, but that people's files do not set.
IN_THE_MODEL = {
    "status",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "nodeName",
}


@pytest.mark.parametrize(
    "line", ["volumes: [{name: v}]", "nodeSelector: {a: b}", "hostNetwork: true", "serviceAccountName: x"]
)
def test_what_is_harmless_to_leave_out_is_a_warning_with_its_line(load_text, line):
    loaded = load_text(POD.format(line))
    (warning,) = loaded.warnings
    assert str(warning).startswith(f"stdin:6: spec.{line.partition(':')[0]}: ignored: ")


@pytest.mark.parametrize(
    "line",
    ["schedulerName: default-scheduler", "securityContext: {}", "volumes: []", "hostNetwork: false", "os: ~"],
)
def test_what_says_nothing_is_silent(load_text, line):
    assert load_text(POD.format(line)).warnings == ()


@pytest.mark.parametrize(
    "line",
    ["schedulingGates: [{name: x}]", "activeDeadlineSeconds: 5"],
)
def test_what_would_change_who_is_served_is_refused(problems, line):
    (problem,) = problems(POD.format(line))
    assert problem.startswith(f"stdin:6: spec.{line.partition(':')[0]}: not supported yet: ")


@pytest.mark.parametrize(
    "lines",
    ["envFrom: [{configMapRef: {name: c}}]"],
)
def test_what_a_container_cannot_have_is_refused(pod_problems, lines):
    (problem,) = pod_problems(lines)
    assert problem.startswith(f"stdin:8: spec.containers[0].{lines.partition(':')[0]}: not supported yet: ")


def test_variables_from_elsewhere_are_refused(pod_problems):
    assert pod_problems("env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]") == [
        (
            "stdin:8: spec.containers[0].env[0].valueFrom.secretKeyRef: not supported yet: only fieldRef is"
            " (write the value itself, or set it with a fieldRef)"
        ),
    ]


def test_fields_that_speak_of_images_are_silent(load_text):
    loaded = load_text(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          dnsPolicy: Default
          imagePullSecrets: [{name: s}]
          containers:
          - {name: a, image: i, command: [x], imagePullPolicy: Never, terminationMessagePolicy: File}
        """
    )
    assert loaded.warnings == ()


def test_an_exported_object_loads_without_a_word(manifests):
    from readylb.config.load import load  # noqa: PLC0415 -- the one test here that reads a file

    loaded = load([str(manifests / "exported.yaml")], images={"nginx:1.25": ("nginx",)})
    deployment, service = loaded.objects
    assert [item for item in loaded.warnings if "(add a readinessProbe)" not in item.message] == []
    assert deployment.metadata.uid == ""
    assert deployment.status.replicas == 0
    assert deployment.spec.replicas == 3
    assert service.spec.cluster_ip == "10.96.10.20"
