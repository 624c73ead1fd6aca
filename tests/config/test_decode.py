from __future__ import annotations

import pytest

PROBE = "spec.containers[0].readinessProbe"


def test_every_problem_of_a_document_is_said(pod_problems):
    found = pod_problems(
        """
        env: [{name: A, value: 8080}]
        ports: 8080
        workingDirectory: /
        readinessProbe: {tcpSocket: {port: true}}
        """
    )
    assert found == [
        (
            "stdin:8: spec.containers[0].env[0].value: cannot unmarshal number into EnvVar.value"
            ' of type string (quote it: "8080")'
        ),
        (
            "stdin:9: spec.containers[0].ports: cannot unmarshal number"
            " into Container.ports of type []ContainerPort"
        ),
        'stdin:10: unknown field "spec.containers[0].workingDirectory" (did you mean "workingDir"?)',
        (
            f"stdin:11: {PROBE}.tcpSocket.port: cannot unmarshal bool into TCPSocketAction.port"
            ' of type int32 or string (quote it: "true")'
        ),
    ]


def test_a_number_in_quotes_is_named_as_such(pod_problems):
    assert pod_problems('ports: [{containerPort: "8080"}]') == [
        (
            "stdin:8: spec.containers[0].ports[0].containerPort: cannot unmarshal string into"
            " ContainerPort.containerPort of type int32 (write 8080 without quotes)"
        ),
    ]


@pytest.mark.parametrize("number", ["2147483648", "-2147483649", "1e10"])
def test_numbers_beyond_32_bits_are_refused(pod_problems, number):
    assert pod_problems(f"readinessProbe: {{exec: {{command: [x]}}, periodSeconds: {number}}}") == [
        (
            f"stdin:8: {PROBE}.periodSeconds: cannot unmarshal number {number}"
            " into Probe.periodSeconds of type int32"
        ),
    ]


@pytest.mark.parametrize("value", ["1.5", ".inf", ".nan", "x", "[1]", "{a: 1}"])
def test_what_is_no_whole_number_is_refused(pod_problems, value):
    (problem,) = pod_problems(f"readinessProbe: {{exec: {{command: [x]}}, periodSeconds: {value}}}")
    assert "into Probe.periodSeconds of type int32" in problem


def test_whole_numbers_may_be_written_as_floats(load_text):
    loaded = load_text(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          terminationGracePeriodSeconds: 99999999999
          containers: [{name: a, image: i, command: [x], ports: [{containerPort: 8080.0}]}]
        """
    )
    assert loaded.objects[0].spec.containers[0].ports[0].container_port == 8080
    assert loaded.objects[0].spec.termination_grace_period_seconds == 99999999999


def test_null_means_absent(load_text):
    loaded = load_text(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p, labels: {a: ~}, annotations: null}
        spec: {restartPolicy: ~, containers: [{name: a, image: i, command: [x, ~], livenessProbe: ~}]}
        """
    )
    (pod,) = loaded.objects
    assert pod.metadata.labels == {"a": ""}
    assert pod.spec.restart_policy == "Always"
    assert pod.spec.containers[0].command == ("x", "")
    assert pod.spec.containers[0].liveness_probe is None


def test_a_null_container_is_an_empty_one(problems):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [~]}\n"
    assert "stdin:4: spec.containers[0].name: Required value" in problems(text)


def test_a_nul_in_a_string_is_refused(pod_problems):
    assert pod_problems(r'args: ["a\0b"]') == [
        r'stdin:8: spec.containers[0].args[0]: Invalid value: "a\u0000b": must not contain NUL characters',
    ]


def test_unknown_fields_are_warnings_without_strict(load_text):
    loaded = load_text(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          containers:
          - {name: a, image: i, command: [x], livenesProbe: {}}
        """,
        strict=False,
    )
    assert [str(problem) for problem in loaded.warnings] == [
        'stdin:6: unknown field "spec.containers[0].livenesProbe" (did you mean "livenessProbe"?)'
    ]


def test_wrong_types_are_errors_without_strict_too(pod_problems):
    assert len(pod_problems("args: x", strict=False)) == 1


def test_control_characters_never_reach_the_terminal(pod_problems):
    (problem,) = pod_problems(r'"a\eb": 1')
    assert problem.isprintable()


def test_a_crowd_of_problems_is_cut(pod_problems):
    found = pod_problems("\n".join(f"unknown{number}: 1" for number in range(5000)))
    assert len(found) == 101
    assert found[-1] == "... and 4900 more problems"
