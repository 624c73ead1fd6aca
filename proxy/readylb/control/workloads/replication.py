"""Keeps the wanted number of pods: what ReplicationController and ReplicaSet have in common.

The store is the truth and is written synchronously, so a pod that was just created is counted at
once: nothing is created twice, and Kubernetes' expectations are not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar, cast

from readylb.control.clock import Clock
from readylb.control.store import Change, Key, Store
from readylb.core.names import Rng, generate
from readylb.core.replicas import Claim, Wanted, active, claim, next_available, status, surplus
from readylb.model import Object, Pod, ReplicaSet, ReplicationController
from readylb.model.meta import ObjectMeta, OwnerReference
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import LabelSelector

T = TypeVar("T", bound=ReplicaSet | ReplicationController)

#: Pods that are made or let go at a time, with turns for others in between (Kubernetes: 500 at a time,
#: beginning with one; but there kubelets do the work, which is some milliseconds for each).
BURST = 4


class Recorder(Protocol):
    """Records an event about an object."""

    def record(self, item: Object, kind: str, reason: str, message: str, *, component: str) -> None:
        """Record it; `kind` is Normal or Warning."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every workload controller works with."""

    store: Store
    clock: Clock
    recorder: Recorder
    rng: Rng


@dataclass(frozen=True, slots=True)
class Demand:
    """What an owner wants: how many pods, which ones, made from what."""

    replicas: int
    selector: LabelSelector
    template: PodTemplateSpec
    min_ready_seconds: int


class Replication(Generic[T]):
    """A reconciler for one kind of owner."""

    def __init__(self, tools: Tools, kind: type[T], component: str, demand: Callable[[T], Demand]) -> None:
        """`component` signs the events; `demand` reads an owner's spec."""
        self.kinds = cast("tuple[type[Object], ...]", (kind, Pod))
        self._tools = tools
        self._store = tools.store
        self._kind = kind
        self._component = component
        self._demand = demand

    def keys(self, change: Change) -> Iterator[Key]:
        """Return the owner of a changed pod, or every owner that might adopt it."""
        if isinstance(change.object, self._kind):
            yield change.object.metadata.namespace, change.object.metadata.name
            return
        for pod in (change.object, change.old):
            if pod is not None:
                yield from self._owners(pod)

    def reconcile(self, key: Key) -> float | None:
        """Create, adopt, let go and delete pods, then count them."""
        owner = self._store.find(self._kind, *key)
        uid = owner.metadata.uid if owner else ""
        if owner is not None and owner.metadata.deletion_timestamp is not None:
            self._store.remove(self._kind, *key)
            owner, uid = None, ""
        orphans = [pod for pod in self._children(key) if not pod.terminating and _owned_by(pod) != uid]
        for pod in orphans[:BURST]:
            self._delete(pod)
        if len(orphans) > BURST:
            return 0.0
        return None if owner is None else self._keep(owner)

    def _owners(self, pod: Object) -> Iterator[Key]:
        reference, namespace = pod.metadata.controller, pod.metadata.namespace
        if reference is not None:
            if reference.kind == self._kind.KIND:
                yield namespace, reference.name
            return
        for owner in self._store.objects(self._kind, namespace):
            if self._demand(owner).selector.matches(pod.metadata.labels):
                yield namespace, owner.metadata.name

    def _children(self, key: Key) -> list[Pod]:
        return [
            pod
            for pod in self._store.objects(Pod, key[0])
            if (owner := pod.metadata.controller) and (owner.kind, owner.name) == (self._kind.KIND, key[1])
        ]

    def _keep(self, owner: T) -> float | None:
        demand, namespace = self._demand(owner), owner.metadata.namespace
        found = claim(owner.metadata.uid, demand.selector, self._store.objects(Pod, namespace))
        pods = self._claimed(owner, found)
        spare = surplus(pods, demand.replicas)
        for pod in spare[:BURST]:
            self._delete(pod)
            self._say(owner, "SuccessfulDelete", f"Deleted pod: {pod.metadata.name}")
        wanted = Wanted(demand.template.metadata.labels, demand.min_ready_seconds, owner.metadata.generation)
        now = self._tools.clock.now()
        missing = demand.replicas - sum(map(active, pods))
        taken = {pod.metadata.name for pod in self._store.objects(Pod, namespace)}
        pods += [self._create(owner, demand, taken) for _ in range(min(missing, BURST))]
        pods = [current for pod in pods if (current := self._store.find(Pod, namespace, pod.metadata.name))]
        counted = replace(status(pods, wanted, now), conditions=owner.status.conditions)
        self._store.update(
            self._kind, namespace, owner.metadata.name, lambda item: replace(item, status=counted)
        )
        if max(missing, len(spare)) > BURST:
            return 0.0
        return next_available(pods, demand.min_ready_seconds, now)

    def _claimed(self, owner: T, found: Claim) -> list[Pod]:
        for pod in found.release:
            self._set_owners(
                pod, tuple(item for item in pod.metadata.owner_references if not item.controller)
            )
        reference = owner_reference(owner)
        adopted = [self._set_owners(pod, (*pod.metadata.owner_references, reference)) for pod in found.adopt]
        return [*found.mine, *adopted]

    def _set_owners(self, pod: Pod, owners: tuple[OwnerReference, ...]) -> Pod:
        def change(item: Pod) -> Pod:
            return replace(item, metadata=replace(item.metadata, owner_references=owners))

        return self._store.update(Pod, pod.metadata.namespace, pod.metadata.name, change)

    def _create(self, owner: T, demand: Demand, taken: set[str]) -> Pod:
        meta = owner.metadata
        base = f"{meta.name}-"
        name = generate(base, taken, self._tools.rng)
        taken.add(name)
        pod = Pod(
            metadata=ObjectMeta(
                name=name,
                generate_name=base,
                namespace=meta.namespace,
                labels=demand.template.metadata.labels,
                annotations=demand.template.metadata.annotations,
                owner_references=(owner_reference(owner),),
            ),
            spec=demand.template.spec,
        )
        created = self._store.create(pod)
        self._say(owner, "SuccessfulCreate", f"Created pod: {name}")
        return created

    def _delete(self, pod: Pod) -> None:
        if not pod.terminating:
            grace = pod.spec.termination_grace_period_seconds
            self._store.mark_deleted(Pod, pod.metadata.namespace, pod.metadata.name, grace)

    def _say(self, owner: T, reason: str, message: str) -> None:
        self._tools.recorder.record(owner, "Normal", reason, message, component=self._component)


def _owned_by(pod: Pod) -> str:
    """Return the uid of the object that manages the pod."""
    return pod.metadata.controller.uid if pod.metadata.controller else ""


def owner_reference(owner: Object) -> OwnerReference:
    """Return the reference by which `owner` manages another object."""
    return OwnerReference(
        api_version=owner.API_VERSION,
        kind=owner.KIND,
        name=owner.metadata.name,
        uid=owner.metadata.uid,
        controller=True,
        block_owner_deletion=True,
    )
