"""Deployments own one ReplicaSet per version of their template (`pkg/controller/deployment`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from readylb.control.store import Change, ChangeType, Key
from readylb.control.workloads.replication import Tools, owner_reference
from readylb.core import deployment_status, rollout
from readylb.core.names import template_hash
from readylb.core.revisions import remembered
from readylb.model import Deployment, Object, Pod, ReplicaSet
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import POD_TEMPLATE_HASH_LABEL, REVISION_ANNOTATION, ReplicaSetSpec

COMPONENT = "deployment-controller"


class Deployments:
    """The reconciler of Deployments."""

    kinds: tuple[type[Object], ...] = (Deployment, ReplicaSet, Pod)

    def __init__(self, tools: Tools) -> None:
        """Work on `tools.store`."""
        self._tools = tools
        self._store = tools.store

    def keys(self, change: Change) -> Iterator[Key]:
        """Return the Deployment, or the one that owns a ReplicaSet, or a ReplicaSet's pod that is gone."""
        item: Object | None = change.object
        if isinstance(item, Pod):  # only its end matters here; the ReplicaSet's status tells the rest
            if change.type is not ChangeType.DELETED:
                return
            item = self._owner_of(item)
        if isinstance(item, Deployment):
            yield item.metadata.namespace, item.metadata.name
        elif item is not None and (owner := item.metadata.controller) and owner.kind == Deployment.KIND:
            yield item.metadata.namespace, owner.name

    def reconcile(self, key: Key) -> float | None:
        """Make the ReplicaSet of the present template, share out the replicas, tell the status."""
        deployment = self._store.find(Deployment, *key)
        sets = self._replica_sets(key)
        gone = deployment is None or deployment.metadata.deletion_timestamp is not None
        for item in sets:
            owner = item.metadata.controller
            if gone or (owner and deployment and owner.uid != deployment.metadata.uid):
                self._store.mark_deleted(ReplicaSet, item.metadata.namespace, item.metadata.name, 0)
        if deployment is None:
            return None
        if gone:
            self._store.remove(Deployment, *key)
            return None
        return self._keep(deployment)

    def _keep(self, deployment: Deployment) -> float | None:
        meta = deployment.metadata
        key = meta.namespace, meta.name
        new = rollout.matching(deployment, self._owned(deployment))
        if new is None and not deployment.spec.paused:
            new = self._create(deployment)
        if new is not None:
            self._set_revision(deployment, new)
        new, old = self._split(deployment, new)
        for step in rollout.scales(deployment, new, old, old_pods=self._has_pods(old)):
            self._scale(deployment, step)
        _, old = self._split(deployment, new)
        for item in rollout.expired(deployment, old):
            self._store.mark_deleted(ReplicaSet, meta.namespace, item.metadata.name, 0)
        now = self._tools.clock.now()
        new, old = self._split(deployment, new)
        every = [*old, *([new] if new else [])]

        def tell(item: Deployment) -> Deployment:
            return replace(item, status=deployment_status.status(item, new, every, now))

        return deployment_status.deadline_in(self._store.update(Deployment, *key, tell), now)

    def _owner_of(self, pod: Pod) -> ReplicaSet | None:
        owner = pod.metadata.controller
        if owner is None or owner.kind != ReplicaSet.KIND:
            return None
        return self._store.find(ReplicaSet, pod.metadata.namespace, owner.name)

    def _has_pods(self, sets: Iterable[ReplicaSet]) -> bool:
        uids = {item.metadata.uid for item in sets}
        pods = self._store.objects(Pod) if uids else []
        return any(
            (owner := pod.metadata.controller) is not None and owner.uid in uids and not pod.finished
            for pod in pods
        )

    def _replica_sets(self, key: Key) -> list[ReplicaSet]:
        return [
            item
            for item in self._store.objects(ReplicaSet, key[0])
            if (owner := item.metadata.controller) and (owner.kind, owner.name) == (Deployment.KIND, key[1])
        ]

    def _owned(self, deployment: Deployment) -> list[ReplicaSet]:
        meta = deployment.metadata
        return [
            item
            for item in self._replica_sets((meta.namespace, meta.name))
            if item.metadata.controller
            and item.metadata.controller.uid == meta.uid
            and item.metadata.deletion_timestamp is None
        ]

    def _split(
        self, deployment: Deployment, new: ReplicaSet | None
    ) -> tuple[ReplicaSet | None, list[ReplicaSet]]:
        """Return the new ReplicaSet and the old ones as the store has them now."""
        name = new.metadata.name if new else ""
        every = self._owned(deployment)
        current = next((item for item in every if item.metadata.name == name), None)
        return current, [item for item in every if item.metadata.name != name]

    def _create(self, deployment: Deployment) -> ReplicaSet:
        spec, meta = deployment.spec, deployment.metadata
        taken = {item.metadata.name for item in self._store.objects(ReplicaSet, meta.namespace)}
        collisions = 0
        while f"{meta.name}-{template_hash(spec.template, collisions)}" in taken:
            collisions += 1
        label = {POD_TEMPLATE_HASH_LABEL: template_hash(spec.template, collisions)}
        labels = {**spec.template.metadata.labels, **label}
        item = ReplicaSet(
            metadata=ObjectMeta(
                name=f"{meta.name}-{label[POD_TEMPLATE_HASH_LABEL]}",
                namespace=meta.namespace,
                labels=labels,
                owner_references=(owner_reference(deployment),),
            ),
            spec=ReplicaSetSpec(
                replicas=0,
                min_ready_seconds=spec.min_ready_seconds,
                selector=replace(spec.selector, match_labels={**spec.selector.match_labels, **label}),
                template=PodTemplateSpec(
                    metadata=replace(spec.template.metadata, labels=labels), spec=spec.template.spec
                ),
            ),
        )
        return self._store.create(item)

    def _set_revision(self, deployment: Deployment, new: ReplicaSet) -> None:
        """Give the new ReplicaSet the highest revision, and its Deployment the same."""
        meta = deployment.metadata
        others = (item for item in self._owned(deployment) if item.metadata.name != new.metadata.name)
        number = max(rollout.revision(new), 1 + max(map(rollout.revision, others), default=0))
        text = {REVISION_ANNOTATION: str(number)}

        def change_set(item: ReplicaSet) -> ReplicaSet:
            annotations = remembered(item.metadata.annotations, meta.annotations, number)
            return replace(
                item,
                metadata=replace(item.metadata, annotations=annotations),
                spec=replace(item.spec, min_ready_seconds=deployment.spec.min_ready_seconds),
            )

        def change_deployment(item: Deployment) -> Deployment:
            annotations = {**item.metadata.annotations, **text}
            return replace(item, metadata=replace(item.metadata, annotations=annotations))

        self._store.update(ReplicaSet, meta.namespace, new.metadata.name, change_set)
        self._store.update(Deployment, meta.namespace, meta.name, change_deployment)

    def _scale(self, deployment: Deployment, step: rollout.Scale) -> None:
        item, wanted = step.replica_set, step.replicas
        meta, before = item.metadata, item.spec.replicas

        def change(current: ReplicaSet) -> ReplicaSet:
            return replace(current, spec=replace(current.spec, replicas=wanted))

        self._store.update(ReplicaSet, meta.namespace, meta.name, change)
        way = "up" if wanted > before else "down"
        message = f"Scaled {way} replica set {meta.name} from {before} to {wanted}"
        self._tools.recorder.record(deployment, "Normal", "ScalingReplicaSet", message, component=COMPONENT)
