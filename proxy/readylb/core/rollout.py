"""How a Deployment's ReplicaSets share its replicas.

Sources: Kubernetes `pkg/controller/deployment/` (rolling.go, recreate.go, sync.go,
util/deployment_util.go). One difference: a Deployment that is scaled in the middle of a rollout
gives the new replicas to the new ReplicaSet, where Kubernetes shares them out in proportion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from readylb.core.revisions import revision_of
from readylb.model import Deployment, ReplicaSet
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import POD_TEMPLATE_HASH_LABEL, RollingUpdateDeployment


@dataclass(frozen=True, slots=True)
class Scale:
    """Set one ReplicaSet to `replicas`."""

    replica_set: ReplicaSet
    replicas: int


def scales(
    deployment: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet], *, old_pods: bool = False
) -> tuple[Scale, ...]:
    """Return the ReplicaSets whose wanted number has to change now.

    `old` comes oldest first; `old_pods` says whether any of its pods is left, terminating ones too.
    A paused Deployment is scaled, not rolled: only when a single ReplicaSet has pods does it change.
    """
    wanted = deployment.spec.replicas
    if deployment.spec.paused or new is None:
        running = [item for item in (*old, new) if item is not None and item.spec.replicas]
        steps = [Scale(item, wanted) for item in running] if len(running) == 1 else []
    elif deployment.spec.strategy.type == "Recreate":
        steps = [Scale(item, 0) for item in old] + ([] if old_pods else [Scale(new, wanted)])
    else:
        up = Scale(new, _new_replicas(deployment, new, old))
        changed = up.replicas != new.spec.replicas
        steps = [up] if changed else _scale_down(deployment, new, old)
    return tuple(step for step in steps if step.replica_set.spec.replicas != step.replicas)


def _new_replicas(deployment: Deployment, new: ReplicaSet, old: Iterable[ReplicaSet]) -> int:
    """Return how far the new ReplicaSet may grow below `replicas + maxSurge` (NewRSNewReplicas)."""
    wanted = deployment.spec.replicas
    if new.spec.replicas >= wanted:
        return wanted
    room = wanted + max_surge(deployment) - new.spec.replicas - sum(item.spec.replicas for item in old)
    return new.spec.replicas + max(0, min(room, wanted - new.spec.replicas))


def _scale_down(deployment: Deployment, new: ReplicaSet, old: Sequence[ReplicaSet]) -> list[Scale]:
    """Take replicas from the old ReplicaSets, first those that are not available anyway."""
    if any(_is_stale(item) for item in (new, *old)):
        return []
    minimum = deployment.spec.replicas - max_unavailable(deployment)
    every = sum(item.spec.replicas for item in (new, *old))
    missing_in_new = new.spec.replicas - new.status.available_replicas
    budget = every - minimum - missing_in_new
    left = {item.metadata.name: item.spec.replicas for item in old}
    for item in old:
        unhealthy = min(max(0, budget), item.spec.replicas - item.status.available_replicas)
        left[item.metadata.name] -= unhealthy
        budget -= unhealthy
    spare = min(budget, sum(item.status.available_replicas for item in (new, *old)) - minimum)
    for item in old:
        taken = max(0, min(spare, left[item.metadata.name]))
        left[item.metadata.name] -= taken
        spare -= taken
    return [Scale(item, left[item.metadata.name]) for item in old]


def _is_stale(item: ReplicaSet) -> bool:
    """Say whether the status speaks of an earlier spec; the controller will look again when it does not."""
    return item.status.observed_generation < item.metadata.generation


def max_surge(deployment: Deployment) -> int:
    """Return how many replicas there may be beyond the wanted number: percentages round up."""
    return _share(_rolling(deployment).max_surge, deployment.spec.replicas, up=True)


def max_unavailable(deployment: Deployment) -> int:
    """Return how many replicas may be missing: percentages round down; 1 if nothing else could move."""
    wanted = deployment.spec.replicas
    if deployment.spec.strategy.type != "RollingUpdate" or wanted == 0:
        return 0
    unavailable = _share(_rolling(deployment).max_unavailable, wanted, up=False)
    if unavailable == 0 and max_surge(deployment) == 0:
        return 1
    return min(unavailable, wanted)


def _rolling(deployment: Deployment) -> RollingUpdateDeployment:
    return deployment.spec.strategy.rolling_update or RollingUpdateDeployment()


def _share(value: int | str, whole: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    product = int(value.removesuffix("%")) * whole
    return -(-product // 100) if up else product // 100


def matching(deployment: Deployment, every: Iterable[ReplicaSet]) -> ReplicaSet | None:
    """Return the ReplicaSet made from the Deployment's present template, the oldest if several."""
    return next((item for item in every if _plain(item) == deployment.spec.template), None)


def _plain(item: ReplicaSet) -> PodTemplateSpec:
    template = item.spec.template
    labels = dict(template.metadata.labels)
    labels.pop(POD_TEMPLATE_HASH_LABEL, None)
    return replace(template, metadata=replace(template.metadata, labels=labels))


def expired(deployment: Deployment, old: Sequence[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """Return the oldest empty ReplicaSets beyond `revisionHistoryLimit`."""
    empty = [item for item in old if item.spec.replicas == 0 and item.status.replicas == 0]
    empty.sort(key=revision)
    return tuple(empty[: max(0, len(empty) - deployment.spec.revision_history_limit)])


def revision(item: ReplicaSet) -> int:
    """Return a ReplicaSet's revision, 0 if it has none."""
    return revision_of(item.metadata.annotations)
