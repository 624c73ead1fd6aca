from __future__ import annotations

from readylb.config.defaults import defaulted
from readylb.config.validation.pods import validate_pod_spec
from readylb.model import Pod
from readylb.model.container import Container, ContainerPort, EnvVar, EnvVarSource, ObjectFieldSelector
from readylb.model.lifecycle import Lifecycle
from readylb.model.pod import PodReadinessGate, PodSpec
from readylb.model.probe import ExecAction, Probe


def errors(*containers, **fields):
    spec = defaulted(Pod(spec=PodSpec(containers=containers, **fields))).spec
    return [str(error) for error in validate_pod_spec("spec", spec)]


def of_container(**fields):
    return errors(Container(**{"name": "a", "image": "i", **fields}))


def test_a_plain_pod_is_valid():
    assert of_container() == []


def test_a_pod_needs_containers():
    assert errors() == ["spec.containers: Required value"]


def test_a_container_needs_a_name_and_an_image():
    assert of_container(name="", image="") == [
        "spec.containers[0].name: Required value",
        "spec.containers[0].image: Required value",
    ]


def test_what_runs_elsewhere_needs_no_image():
    assert errors(Container(name="a"), runtime_class_name="external") == []


def test_container_names_are_unique():
    twice = Container(name="a", image="i")
    assert errors(twice, twice) == ['spec.containers[1].name: Duplicate value: "a"']


def test_container_names_are_labels():
    (error,) = of_container(name="A_b")
    assert error.startswith('spec.containers[0].name: Invalid value: "A_b": a lowercase RFC 1123 label')


def test_ports_have_rules():
    ports = (
        ContainerPort(container_port=0),
        ContainerPort(container_port=70000, name="x"),
        ContainerPort(container_port=80, name="x", protocol="ICMP", host_port=-1),
    )
    assert of_container(ports=ports) == [
        "spec.containers[0].ports[0].containerPort: Required value",
        (
            "spec.containers[0].ports[1].containerPort: Invalid value: 70000:"
            " must be between 1 and 65535, inclusive"
        ),
        'spec.containers[0].ports[2].name: Duplicate value: "x"',
        "spec.containers[0].ports[2].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive",
        (
            'spec.containers[0].ports[2].protocol: Unsupported value: "ICMP": supported values:'
            ' "SCTP", "TCP", "UDP"'
        ),
    ]


def test_host_ports_conflict_across_containers():
    port = (ContainerPort(container_port=80, host_port=8080),)
    first, second = (Container(name=name, image="i", ports=port) for name in "ab")
    assert errors(first, second) == ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//8080"']


def test_environment_variables_have_rules():
    source = EnvVarSource(field_ref=ObjectFieldSelector(field_path="metadata.name"))
    env = (
        EnvVar(name=""),
        EnvVar(name="a=b"),
        EnvVar(name="A", value="x", value_from=source),
        EnvVar(name="A", value_from=EnvVarSource()),
        EnvVar(name="A", value_from=EnvVarSource(field_ref=ObjectFieldSelector(field_path=""))),
        EnvVar(name="A", value_from=EnvVarSource(field_ref=ObjectFieldSelector(field_path="spec.x"))),
        EnvVar(
            name="A",
            value_from=EnvVarSource(field_ref=ObjectFieldSelector(field_path="metadata.labels['a']")),
        ),
    )
    found = of_container(env=env)
    assert [error.split(": ")[0].removeprefix("spec.containers[0].env") for error in found] == [
        "[0].name",
        "[1].name",
        "[2].valueFrom",
        "[3].valueFrom",
        "[4].valueFrom.fieldRef.fieldPath",
        "[5].valueFrom.fieldRef.fieldPath",
    ]


def test_policies_have_a_choice():
    assert errors(Container(name="a", image="i"), restart_policy="Sometimes", dns_policy="x") == [
        (
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values:'
            ' "Always", "Never", "OnFailure"'
        ),
        (
            'spec.dnsPolicy: Unsupported value: "x": supported values:'
            ' "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"'
        ),
    ]


def test_the_grace_period_is_not_negative():
    assert errors(Container(name="a", image="i"), termination_grace_period_seconds=-1) == [
        "spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0"
    ]


def test_the_host_name_is_a_label():
    (error,) = errors(Container(name="a", image="i"), hostname="a.b")
    assert error.startswith('spec.hostname: Invalid value: "a.b": ')


def of_init_container(**fields):
    return errors(
        Container(name="a", image="i"), init_containers=(Container(**{"name": "b", "image": "i", **fields}),)
    )


def test_init_containers_follow_the_rules_of_containers():
    assert of_init_container() == []
    assert of_init_container(name="a") == ['spec.initContainers[0].name: Duplicate value: "a"']
    assert of_init_container(image="") == ["spec.initContainers[0].image: Required value"]


def test_a_plain_init_container_has_neither_probes_nor_hooks():
    asked = {"liveness_probe": Probe(exec=ExecAction(command=("ls",))), "lifecycle": Lifecycle()}
    detail = "Forbidden: may not be set for init containers without restartPolicy=Always"
    assert of_init_container(**asked) == [
        f"spec.initContainers[0].lifecycle: {detail}",
        f"spec.initContainers[0].livenessProbe: {detail}",
    ]
    assert of_init_container(restart_policy="Always", **asked) == []


def test_a_containers_own_restart_policy_is_one_of_three():
    assert of_container(restart_policy="OnFailure") == []
    supported = 'supported values: "Always", "Never", "OnFailure"'
    assert of_container(restart_policy="Sometimes") == [
        f'spec.containers[0].restartPolicy: Unsupported value: "Sometimes": {supported}'
    ]


def test_a_readiness_gate_is_named_as_a_condition_is():
    assert errors(Container(name="a", image="i"), readiness_gates=(PodReadinessGate(condition_type="x y"),))[
        0
    ].startswith('spec.readinessGates[0].conditionType: Invalid value: "x y": ')
