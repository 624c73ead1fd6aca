"""Rules of ReplicationController, ReplicaSet and Deployment (`pkg/apis/apps/validation/validation.go`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from readylb.config.validation import names
from readylb.config.validation.errors import Errors, choice, forbidden, invalid, not_negative, required
from readylb.config.validation.pods import validate_always, validate_pod_spec
from readylb.model import Deployment, ReplicaSet, ReplicationController
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import DeploymentSpec, LabelSelector, RollingUpdateDeployment

_TEMPLATE = "spec.template"
_OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")
_STRATEGIES = ("Recreate", "RollingUpdate")
_MISMATCH = "`selector` does not match template `labels`"
_ALL_PERCENT = 100


def validate_replication_controller(item: ReplicationController) -> Errors:
    """Yield what is wrong with a ReplicationController."""
    spec = item.spec
    yield from not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    if not spec.selector:
        yield required("spec.selector")
    yield from not_negative("spec.replicas", spec.replicas)
    if spec.template is None:
        yield required(_TEMPLATE)
        return
    if not LabelSelector(match_labels=spec.selector).matches(spec.template.metadata.labels):
        yield invalid(f"{_TEMPLATE}.metadata.labels", dict(spec.template.metadata.labels), _MISMATCH)
    yield from _template(spec.template)


def validate_replica_set(item: ReplicaSet) -> Errors:
    """Yield what is wrong with a ReplicaSet."""
    spec = item.spec
    yield from not_negative("spec.replicas", spec.replicas)
    yield from not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    yield from _selector(spec.selector, spec.template.metadata.labels)
    yield from _template(spec.template)


def validate_deployment(item: Deployment) -> Errors:
    """Yield what is wrong with a Deployment."""
    spec = item.spec
    yield from not_negative("spec.replicas", spec.replicas)
    yield from _selector(spec.selector, spec.template.metadata.labels)
    yield from _template(spec.template)
    yield from _strategy(spec)
    yield from not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    yield from not_negative("spec.revisionHistoryLimit", spec.revision_history_limit)
    deadline = spec.progress_deadline_seconds
    yield from not_negative("spec.progressDeadlineSeconds", deadline)
    if deadline <= spec.min_ready_seconds:
        yield invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _template(template: PodTemplateSpec) -> Errors:
    yield from names.metadata(f"{_TEMPLATE}.metadata", template.metadata, template=True)
    yield from validate_pod_spec(f"{_TEMPLATE}.spec", template.spec)
    yield from validate_always(f"{_TEMPLATE}.spec", template.spec.restart_policy)


def _selector(selector: LabelSelector, labels: Mapping[str, str]) -> Errors:
    if not selector.match_labels and not selector.match_expressions:
        yield required("spec.selector")
        return
    before = tuple(_selector_parts(selector))
    yield from before
    if not before and not selector.matches(labels):
        yield invalid(f"{_TEMPLATE}.metadata.labels", dict(labels), _MISMATCH)


def _selector_parts(selector: LabelSelector) -> Errors:
    yield from names.labels("spec.selector.matchLabels", selector.match_labels)
    for index, part in enumerate(selector.match_expressions):
        path = f"spec.selector.matchExpressions[{index}]"
        yield from (invalid(f"{path}.key", part.key, item) for item in names.qualified_name(part.key))
        if part.operator not in _OPERATORS:
            yield invalid(f"{path}.operator", part.operator, "not a valid selector operator")
        elif part.operator in {"In", "NotIn"} and not part.values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif part.operator in {"Exists", "DoesNotExist"} and part.values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden(f"{path}.values", detail)


def _strategy(spec: DeploymentSpec) -> Errors:
    strategy = spec.strategy
    yield from choice("spec.strategy.type", strategy.type, _STRATEGIES)
    path = "spec.strategy.rollingUpdate"
    if strategy.rolling_update is None:
        return
    if strategy.type == "Recreate":
        yield forbidden(path, "may not be specified when strategy `type` is 'Recreate'")
    elif strategy.type == "RollingUpdate":
        yield from _rolling_update(path, strategy.rolling_update)


def _rolling_update(path: str, update: RollingUpdateDeployment) -> Errors:
    unavailable, surge = update.max_unavailable, update.max_surge
    before = (*_amount(f"{path}.maxUnavailable", unavailable), *_amount(f"{path}.maxSurge", surge))
    yield from before
    if before:
        return
    if _number(unavailable) == 0 and _number(surge) == 0:
        yield invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if isinstance(unavailable, str) and _number(unavailable) > _ALL_PERCENT:
        yield invalid(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%")


def _amount(path: str, value: int | str) -> Errors:
    if isinstance(value, int):
        yield from not_negative(path, value)
    elif not re.fullmatch("[0-9]{1,9}%", value):
        detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or"
        yield invalid(path, value, f"{detail} '93%', regex used for validation is '[0-9]+%')")


def _number(value: int | str) -> int:
    return value if isinstance(value, int) else int(value.rstrip("%"))
