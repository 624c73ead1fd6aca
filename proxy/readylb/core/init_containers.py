"""Whose turn it is in a pod: init containers one after the other, sidecars beside them, then the rest.

Rules of `pkg/kubelet/kuberuntime/kuberuntime_container.go` (computeInitContainerActions): a plain init
container must end with 0 before the next may begin; one with `restartPolicy: Always` (a sidecar) must
have started, and is kept for as long as the pod. Once a regular container has begun, the plain ones
are history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from readylb.core.container_life import ContainerLife, Stage
from readylb.core.pod_lifecycle import restarts
from readylb.model import Pod
from readylb.model.container import Container


@dataclass(frozen=True, slots=True)
class Turn:
    """The containers that are to be kept now; whether the regular ones are among them; or never will be."""

    names: frozenset[str]
    initialized: bool
    failed: bool = False


def turn(pod: Pod, lives: Mapping[str, ContainerLife], started: Callable[[Container], bool]) -> Turn:
    """Return whose turn it is. `started` says of a sidecar that its startup probe has passed, or so."""
    spec = pod.spec
    regular = {item.name for item in spec.containers}
    if any(lives[name].stage is not Stage.NEW for name in regular):
        return Turn(frozenset(regular.union(item.name for item in spec.sidecars)), initialized=True)
    names: set[str] = set()
    if any(_failed(pod, container, lives[container.name]) for container in spec.init_containers):
        return Turn(frozenset(), initialized=False, failed=True)
    for container in spec.init_containers:
        life = lives[container.name]
        if container.is_sidecar:
            names.add(container.name)
            if not started(container):
                return Turn(frozenset(names), initialized=False)
        elif not succeeded(life):
            names.add(container.name)
            return Turn(frozenset(names), initialized=False)
    return Turn(frozenset(names | regular), initialized=True)


def is_over(pod: Pod, lives: Mapping[str, ContainerLife]) -> bool:
    """Say whether every regular container has ended for good: sidecars have nobody left to serve."""
    return all(
        (life := lives[item.name]).stage is Stage.EXITED
        and not life.doomed_restart
        and not restarts(pod, item, life.exit)
        for item in pod.spec.containers
    )


def _failed(pod: Pod, container: Container, life: ContainerLife) -> bool:
    """Say whether a plain init container has failed and will not be tried again."""
    ended = not container.is_sidecar and life.stage is Stage.EXITED
    return ended and not succeeded(life) and not restarts(pod, container, life.exit)


def succeeded(life: ContainerLife) -> bool:
    """Say whether a plain init container has done its work."""
    return life.stage is Stage.EXITED and life.exit is not None and life.exit.exit_code == 0
