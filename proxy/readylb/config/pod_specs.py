"""Where an object keeps the description of its pods."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from readylb.model import Deployment, Object, Pod, ReplicaSet, ReplicationController
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec


@dataclass(frozen=True, slots=True)
class FoundPodSpec:
    """A pod's description inside an object: the path of its spec, and the metadata that goes with it."""

    path: str
    spec: PodSpec
    metadata: ObjectMeta

    @property
    def containers(self) -> Iterator[tuple[str, Container]]:
        """Yield every container with its path."""
        return containers(self.path, self.spec)


def containers(path: str, spec: PodSpec) -> Iterator[tuple[str, Container]]:
    """Yield every container of the description at `path` with its own path, regular ones first."""
    for index, container in enumerate(spec.containers):
        yield f"{path}.containers[{index}]", container
    for index, container in enumerate(spec.init_containers):
        yield f"{path}.initContainers[{index}]", container


def pod_spec(item: Object) -> FoundPodSpec | None:
    """Return the description of the pods that `item` is or makes; None if it has none."""
    if isinstance(item, Pod):
        return FoundPodSpec("spec", item.spec, item.metadata)
    if isinstance(item, ReplicationController | ReplicaSet | Deployment):
        template = item.spec.template
        return (
            None if template is None else FoundPodSpec("spec.template.spec", template.spec, template.metadata)
        )
    return None


def with_pod_spec(item: Object, change: Callable[[PodSpec], PodSpec]) -> Object:
    """Return `item` with its pods' description changed."""
    if isinstance(item, Pod):
        return dataclasses.replace(item, spec=change(item.spec))
    if isinstance(item, ReplicationController | ReplicaSet | Deployment) and item.spec.template is not None:
        template = dataclasses.replace(item.spec.template, spec=change(item.spec.template.spec))
        return dataclasses.replace(item, spec=dataclasses.replace(item.spec, template=template))  # type: ignore[arg-type] # each spec takes a template
    return item
