from __future__ import annotations

import re

import pytest

from readylb.config.load import load
from readylb.errors import ConfigError
from readylb.model import Deployment, Pod, ReplicationController, Service

IMAGES = {
    "gcr.io/terrycho-sandbox/readiness": ("python3", "readiness.py"),
    "gcr.io/terrycho-sandbox/liveness": ("python3", "liveness.py"),
    "stepanowon/nodeapp-liveness": ("node", "liveness.js"),
    "stepanowon/nodeapp-readiness": ("node", "readiness.js"),
    "stepanowon/nodeapp-startup": ("node", "startup.js"),
}
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
    "spec: {containers: [{name: a, image: i, command: [x]}]}\n"
)


def tutorial(manifests, *names, **options):
    return load([str(manifests / name) for name in names], images=IMAGES, **options)


def test_readiness_rc_and_its_service(manifests):
    controller, service = tutorial(manifests, "readiness-rc.yaml", "readiness-svc.yaml").objects
    assert isinstance(controller, ReplicationController)
    assert isinstance(service, Service)
    assert (controller.spec.replicas, controller.spec.selector) == (2, {"app": "readiness"})
    assert controller.spec.template.metadata.name == "readiness-pod"
    (container,) = controller.spec.template.spec.containers
    assert container.readiness_probe.http_get.path == "/readiness"
    assert container.readiness_probe.http_get.port == 8080
    assert (container.readiness_probe.initial_delay_seconds, container.readiness_probe.period_seconds) == (
        5,
        5,
    )
    assert service.spec.selector == {"app": "readiness"}
    assert [(port.name, port.port, port.target_port) for port in service.spec.ports] == [("http", 80, 8080)]


def test_liveness_pods(manifests):
    by_exec, by_tcp = tutorial(manifests, "liveness-pod.yaml", "liveness-pod-tcp.yaml").objects
    assert by_exec.spec.containers[0].liveness_probe.exec.command == ("cat", "/tmp/healthy")
    assert by_tcp.spec.containers[0].liveness_probe.tcp_socket.port == 8080


def test_a_probe_with_a_header(manifests):
    deployment, service = tutorial(manifests, "nodeapp-liveness.yaml").objects
    assert isinstance(deployment, Deployment)
    (header,) = deployment.spec.template.spec.containers[0].liveness_probe.http_get.http_headers
    assert (header.name, header.value) == ("health", "check")
    assert service.metadata.name == "nodeapp-lb"


def test_args_alone_are_the_command(manifests):
    (pod,) = tutorial(manifests, "liveness2.yaml").objects
    assert isinstance(pod, Pod)
    assert pod.spec.containers[0].args[0] == "/bin/sh"


def test_misplaced_probe_fields_are_refused_with_line_and_place(manifests):
    with pytest.raises(ConfigError) as caught:
        tutorial(manifests, "liveness2-misplaced.yaml")
    lines = [line.rpartition("manifests/")[2] for line in str(caught.value).split("\n")]
    assert lines == [
        (
            'liveness2-misplaced.yaml:20: unknown field "spec.containers[0].initialDelaySeconds"'
            " (belongs inside livenessProbe)"
        ),
        (
            'liveness2-misplaced.yaml:21: unknown field "spec.containers[0].periodSeconds"'
            " (belongs inside livenessProbe)"
        ),
    ]


def test_misplaced_probe_fields_are_warnings_without_strict(manifests):
    loaded = tutorial(manifests, "liveness2-misplaced.yaml", strict=False)
    assert [problem.line for problem in loaded.warnings] == [20, 21]
    assert loaded.objects[0].spec.containers[0].liveness_probe.period_seconds == 10


def test_slow_starters(manifests):
    readiness, _ = tutorial(manifests, "nodeapp-readiness.yaml").objects
    startup = tutorial(manifests, "nodeapp-startup.yaml").objects[0]
    assert readiness.spec.template.spec.containers[0].readiness_probe.failure_threshold == 3
    assert startup.spec.template.spec.containers[0].startup_probe.failure_threshold == 10
    assert startup.spec.template.spec.containers[0].liveness_probe.failure_threshold == 2


def test_an_unmapped_image_says_how_to_map_it(manifests):
    with pytest.raises(ConfigError) as caught:
        load([str(manifests / "readiness-rc.yaml")])
    assert str(caught.value).endswith(
        "readiness-rc.yaml:17: spec.template.spec.containers[0].image: cannot run image"
        ' "gcr.io/terrycho-sandbox/readiness:v1": no local command is known for it (map it:'
        " --image 'gcr.io/terrycho-sandbox/readiness:v1=COMMAND', `images` in readylb.yaml,"
        " the annotation readylb.io/command, or the container's own `command`)"
    )


def test_an_annotation_maps_an_image(load_text):
    text = POD.replace("{name: p}", "{name: p, annotations: {readylb.io/command: run it}}")
    assert len(load_text(text.replace(", command: [x]", "")).objects) == 1


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("apiVersion: v1", "stdin:1: kind not set"),
        ("kind: Pod", "stdin:1: apiVersion not set"),
        ("apiversion: v1\nkind: Pod", 'stdin:1: apiVersion not set ("apiversion" is not "apiVersion")'),
        ("apiVersion: 1\nkind: Pod", "stdin:1: apiVersion must be a string"),
        (
            "apiVersion: extensions/v1beta1\nkind: Deployment",
            (
                'stdin:2: no matches for kind "Deployment" in version "extensions/v1beta1"'
                " (use apiVersion: apps/v1)"
            ),
        ),
        (
            "apiVersion: v2\nkind: List",
            'stdin:2: no matches for kind "List" in version "v2" (use apiVersion: v1)',
        ),
        (
            "apiVersion: v1\nkind: Deploymnt",
            (
                'stdin:2: kind "Deploymnt" is not supported (did you mean "Deployment"?); supported:'
                " Deployment (apps/v1), List (v1), Pod (v1), ReplicaSet (apps/v1),"
                " ReplicationController (v1), Service (v1)"
            ),
        ),
    ],
)
def test_kinds_that_are_not_supported_name_those_that_are(problems, head, expected):
    assert problems(head) == [expected]


def test_lists_are_flattened(load_text):
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: PodList\n  items:\n"
    text += "  - metadata: {name: a}\n    spec: {containers: [{name: a, image: i, command: [x]}]}\n"
    assert [item.metadata.name for item in load_text(text).objects] == ["a"]


def test_problems_in_a_list_have_their_line(problems):
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- x\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: A\n"
    )
    found = problems(text + "  spec: {containers: [{name: a, image: i, command: [x]}]}\n")
    assert found[0] == "stdin:4: items[0]: must be an object"
    assert found[1].startswith('stdin:8: metadata.name: Invalid value: "A"')


def test_an_empty_list_has_no_objects(problems):
    assert problems("apiVersion: v1\nkind: List\nitems: []\n") == ["-: no objects in it"]


def test_a_name_is_generated(load_text):
    (pod,) = load_text(POD.replace("name: p", "generateName: web-")).objects
    assert re.fullmatch("web-[bcdfghjklmnpqrstvwxz2456789]{5}", pod.metadata.name)


def test_validation_errors_have_the_line_of_the_field(problems):
    assert problems(POD.replace("{name: p}", "\n  name: P")) == [
        (
            'stdin:4: metadata.name: Invalid value: "P": a lowercase RFC 1123 subdomain must consist of lower'
            " case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric"
            " character (e.g. 'example.com', regex used for validation is"
            r" '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
    ]


def test_a_field_that_cannot_be_read_is_not_judged_twice(problems):
    found = problems(POD.replace("[x]", "[x], ports: [{containerPort: http}]"))
    assert found == [
        (
            "stdin:4: spec.containers[0].ports[0].containerPort: cannot unmarshal string into"
            " ContainerPort.containerPort of type int32"
        )
    ]


def test_wrong_annotations_of_our_own_have_their_line(problems):
    text = POD.replace("{name: p}", "\n  name: p\n  annotations:\n    a: b\n    readylb.io/comand: x")
    assert problems(text) == [
        (
            'stdin:7: metadata.annotations: readylb.io/comand: unknown annotation "readylb.io/comand"'
            ' (did you mean "readylb.io/command"?)'
        )
    ]


def test_zeros_mean_the_default_before_validation(load_text):
    probe = "livenessProbe: {exec: {command: [x]}, periodSeconds: 0, successThreshold: 0}"
    (pod,) = load_text(POD.replace("command: [x]", f"command: [x], {probe}")).objects
    assert pod.spec.containers[0].liveness_probe.period_seconds == 10
