"""What `resources` of containers come to: limits for a control group, and the pod's quality of service.

Rules of `pkg/kubelet/cm/helpers_linux.go` (MilliCPUToQuota) and
`pkg/apis/core/v1/helper/qos/qos.go` (ComputePodQOS).
"""

from __future__ import annotations

from dataclasses import dataclass

from readylb.core.quantity import milli, whole
from readylb.model import Pod
from readylb.model.container import Container, Quantities
from readylb.model.pod import PodSpec

CPU, MEMORY = "cpu", "memory"

#: The period in which a CPU quota is counted, in microseconds (quotaPeriod), and the smallest quota.
_PERIOD = 100_000
_SMALLEST_QUOTA = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a container may use: bytes, and microseconds of CPU per 100 ms. None: as much as there is."""

    memory_bytes: int | None = None
    cpu_quota: int | None = None

    @property
    def cpu_max(self) -> str:
        """The content of cgroup v2's `cpu.max`."""
        return f"{'max' if self.cpu_quota is None else self.cpu_quota} {_PERIOD}"

    def controllers(self) -> tuple[str, ...]:
        """Return the names of the cgroup controllers that it takes."""
        wanted = ((CPU, self.cpu_quota), (MEMORY, self.memory_bytes))
        return tuple(name for name, value in wanted if value is not None)


def limits(container: Container) -> Limits:
    """Return the container's limits; a limit of 0 is none."""
    said = container.resources.limits
    memory, cpu = whole(str(said.get(MEMORY, 0))), milli(str(said.get(CPU, 0)))
    quota = max(cpu * _PERIOD // 1000, _SMALLEST_QUOTA)
    return Limits(memory or None, quota if cpu else None)


def unenforceable(pod: Pod) -> tuple[str, ...]:
    """Return the resources that the pod limits and nobody here can: those that are neither CPU nor memory."""
    names = {name for container in pod.spec.every_container for name in container.resources.limits}
    return tuple(sorted(names - {CPU, MEMORY}))


def wanted_controllers(pod: Pod) -> tuple[str, ...]:
    """Return the cgroup controllers that the pod's limits take, by name."""
    return tuple(
        sorted({name for container in pod.spec.every_container for name in limits(container).controllers()})
    )


def qos_class(spec: PodSpec) -> str:
    """Return Guaranteed, Burstable or BestEffort."""
    said = [container.resources for container in spec.every_container]
    if not any(_positive(item.limits) or _positive(item.requests) for item in said):
        return "BestEffort"
    for item in said:
        bounded = _positive(item.limits)
        if set(bounded) != {CPU, MEMORY} or bounded != (_positive(item.requests) or bounded):
            return "Burstable"
    return "Guaranteed"


def _positive(quantities: Quantities) -> dict[str, int]:
    found = {name: milli(str(value)) for name, value in quantities.items() if name in {CPU, MEMORY}}
    return {name: value for name, value in found.items() if value > 0}
