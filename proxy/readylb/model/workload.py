"""Workloads: objects that keep a wanted number of pods (core/v1 and apps/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from readylb.model.meta import ObjectMeta, time_field
from readylb.model.pod import PodTemplateSpec

#: Label by which a Deployment tells its ReplicaSets (and their pods) apart.
POD_TEMPLATE_HASH_LABEL = "pod-template-hash"
#: Annotation with the ordinal of a Deployment's revision.
REVISION_ANNOTATION = "deployment.kubernetes.io/revision"
#: Annotation of a ReplicaSet that came back into use: the revisions it was before.
REVISION_HISTORY_ANNOTATION = "deployment.kubernetes.io/revision-history"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelectorRequirement:
    """One expression: operator is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector:
    """Labels to match; all parts must hold. An empty selector matches everything."""

    match_labels: Mapping[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether an object with these labels is selected."""
        return all(labels.get(name) == value for name, value in self.match_labels.items()) and all(
            _holds(requirement, labels) for requirement in self.match_expressions
        )


def _holds(requirement: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value is not None and value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case _:
            return value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadCondition:
    """A condition of a workload, such as Available or ReplicaFailure."""

    type: str
    status: str = "False"
    reason: str = ""
    message: str = ""
    last_transition_time: float | None = time_field()
    last_update_time: float | None = time_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationControllerSpec:
    """How many pods, which ones, made from what."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: Mapping[str, str] = field(default_factory=dict)
    template: PodTemplateSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSetSpec:
    """How many pods, which ones, made from what."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: LabelSelector = field(default_factory=LabelSelector)
    template: PodTemplateSpec = field(default_factory=PodTemplateSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaStatus:
    """Counts of a ReplicationController or ReplicaSet."""

    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0
    conditions: tuple[WorkloadCondition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationController:
    """Keeps `replicas` pods that match an equality selector."""

    KIND: ClassVar[str] = "ReplicationController"
    API_VERSION: ClassVar[str] = "v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ReplicationControllerSpec = field(default_factory=ReplicationControllerSpec)
    status: ReplicaStatus = field(default_factory=ReplicaStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSet:
    """Keeps `replicas` pods that match a label selector."""

    KIND: ClassVar[str] = "ReplicaSet"
    API_VERSION: ClassVar[str] = "apps/v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ReplicaSetSpec = field(default_factory=ReplicaSetSpec)
    status: ReplicaStatus = field(default_factory=ReplicaStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingUpdateDeployment:
    """How far a rolling update may go above and below the wanted number (count or percentage)."""

    max_surge: int | str = "25%"
    max_unavailable: int | str = "25%"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentStrategy:
    """RollingUpdate or Recreate."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdateDeployment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSpec:
    """How many pods, made from what, and how a change is rolled out."""

    replicas: int = 1
    selector: LabelSelector = field(default_factory=LabelSelector)
    template: PodTemplateSpec = field(default_factory=PodTemplateSpec)
    strategy: DeploymentStrategy = field(default_factory=DeploymentStrategy)
    min_ready_seconds: int = 0
    revision_history_limit: int = 10
    progress_deadline_seconds: int = 600
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentStatus:
    """Counts over all ReplicaSets of the Deployment."""

    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    observed_generation: int = 0
    conditions: tuple[WorkloadCondition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Owns ReplicaSets, one per version of its template."""

    KIND: ClassVar[str] = "Deployment"
    API_VERSION: ClassVar[str] = "apps/v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: DeploymentSpec = field(default_factory=DeploymentSpec)
    status: DeploymentStatus = field(default_factory=DeploymentStatus)
