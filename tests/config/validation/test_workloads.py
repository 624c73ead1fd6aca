from __future__ import annotations

from dataclasses import replace

from readylb.config.defaults import defaulted
from readylb.config.validation.workloads import (
    validate_deployment,
    validate_replica_set,
    validate_replication_controller,
)
from readylb.model import Deployment, ReplicaSet, ReplicationController
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.workload import (
    DeploymentSpec,
    DeploymentStrategy,
    LabelSelector,
    LabelSelectorRequirement,
    ReplicaSetSpec,
    ReplicationControllerSpec,
    RollingUpdateDeployment,
)

TEMPLATE = PodTemplateSpec(
    metadata=ObjectMeta(labels={"app": "a"}), spec=PodSpec(containers=(Container(name="a", image="i"),))
)
SELECTOR = LabelSelector(match_labels={"app": "a"})
MISMATCH = (
    'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'
)


def of_deployment(**fields):
    spec = DeploymentSpec(**{"template": TEMPLATE, "selector": SELECTOR, **fields})
    return [str(error) for error in validate_deployment(defaulted(Deployment(spec=spec)))]


def of_controller(**fields):
    spec = ReplicationControllerSpec(**{"template": TEMPLATE, **fields})
    return [
        str(error) for error in validate_replication_controller(defaulted(ReplicationController(spec=spec)))
    ]


def rolling(surge, unavailable):
    update = RollingUpdateDeployment(max_surge=surge, max_unavailable=unavailable)
    return of_deployment(strategy=DeploymentStrategy(rolling_update=update))


def test_plain_workloads_are_valid():
    replica_set = defaulted(ReplicaSet(spec=ReplicaSetSpec(template=TEMPLATE, selector=SELECTOR)))
    assert of_deployment() == []
    assert of_controller() == []
    assert list(validate_replica_set(replica_set)) == []


def test_a_controller_needs_a_template_and_a_selector():
    assert of_controller(template=None) == ["spec.selector: Required value", "spec.template: Required value"]


def test_a_selector_matches_its_template():
    assert of_controller(selector={"app": "b"}) == [MISMATCH]
    assert of_deployment(selector=LabelSelector(match_labels={"app": "b"})) == [MISMATCH]


def test_a_deployment_needs_a_selector():
    assert of_deployment(selector=LabelSelector()) == ["spec.selector: Required value"]


def test_replicas_are_not_negative():
    expected = ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]
    assert of_controller(replicas=-1) == expected
    assert of_deployment(replicas=-1) == expected


def test_pods_of_a_workload_run_always():
    template = replace(TEMPLATE, spec=replace(TEMPLATE.spec, restart_policy="Never"))
    assert of_controller(template=template) == [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'
    ]


def test_errors_of_the_template_have_its_path():
    template = replace(TEMPLATE, spec=PodSpec())
    assert of_deployment(template=template) == ["spec.template.spec.containers: Required value"]


def test_expressions_have_rules():
    def requirement(operator, *values):
        part = LabelSelectorRequirement(key="app", operator=operator, values=values)
        return of_deployment(selector=LabelSelector(match_expressions=(part,)))

    path = "spec.selector.matchExpressions[0]"
    assert requirement("In", "a") == []
    assert requirement("Is") == [f'{path}.operator: Invalid value: "Is": not a valid selector operator']
    assert requirement("In") == [
        f"{path}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
    ]
    assert requirement("Exists", "a") == [
        f"{path}.values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
    ]


def test_rolling_updates_have_bounds():
    path = "spec.strategy.rollingUpdate"
    assert rolling("100%", 0) == []
    assert rolling(0, "0%") == [
        f'{path}.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'
    ]
    assert rolling(1, "101%") == [
        f'{path}.maxUnavailable: Invalid value: "101%": must not be greater than 100%'
    ]
    assert rolling(-1, 1) == [f"{path}.maxSurge: Invalid value: -1: must be greater than or equal to 0"]
    assert rolling("x", 1)[0].startswith(f'{path}.maxSurge: Invalid value: "x": a valid percent string')


def test_recreate_takes_no_rolling_update():
    strategy = DeploymentStrategy(type="Recreate", rolling_update=RollingUpdateDeployment())
    assert of_deployment(strategy=strategy) == [
        "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
    ]


def test_the_progress_deadline_is_longer_than_the_ready_time():
    assert of_deployment(min_ready_seconds=600) == [
        "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"
    ]
