"""Rules of pods and containers (ValidatePodSpec, validateContainers)."""

from __future__ import annotations

from collections.abc import Sequence

from readylb.config.knobs import EXTERNAL
from readylb.config.pod_specs import containers
from readylb.config.validation import names
from readylb.config.validation.errors import (
    Errors,
    choice,
    duplicate,
    forbidden,
    invalid,
    not_negative,
    required,
)
from readylb.config.validation.lifecycle import validate_lifecycle
from readylb.config.validation.probes import validate_probes
from readylb.config.validation.resources import validate_resources
from readylb.config.validation.restart_rules import validate_restart_policy
from readylb.model.container import Container, ContainerPort, EnvVar
from readylb.model.pod import PodSpec

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)


def validate_pod_spec(path: str, spec: PodSpec) -> Errors:
    """Yield what is wrong with the pod description at `path`."""
    if not spec.containers:
        yield required(f"{path}.containers")
    seen: set[str] = set()
    for below, container in containers(path, spec):
        yield from _container(below, container, seen)
        if container in spec.init_containers and not container.is_sidecar:
            yield from _plain_init_container(below, container)
        else:
            yield from validate_probes(below, container)
            grace = spec.termination_grace_period_seconds
            yield from validate_lifecycle(f"{below}.lifecycle", container.lifecycle, grace)
        if spec.runtime_class_name != EXTERNAL:  # what runs elsewhere needs no image
            yield from _image(below, container.image)
    yield from _host_ports(f"{path}.containers", spec.containers)
    yield from choice(f"{path}.restartPolicy", spec.restart_policy, _RESTART_POLICIES)
    yield from not_negative(f"{path}.terminationGracePeriodSeconds", spec.termination_grace_period_seconds)
    yield from choice(f"{path}.dnsPolicy", spec.dns_policy, _DNS_POLICIES)
    for index, gate in enumerate(spec.readiness_gates):
        below = f"{path}.readinessGates[{index}].conditionType"
        details = names.qualified_name(gate.condition_type)
        yield from (invalid(below, gate.condition_type, detail) for detail in details)
    if spec.hostname:
        details = names.dns_label(spec.hostname)
        yield from (invalid(f"{path}.hostname", spec.hostname, detail) for detail in details)


def _container(path: str, container: Container, seen: set[str]) -> Errors:
    if not container.name:
        yield required(f"{path}.name")
    else:
        details = names.dns_label(container.name)
        yield from (invalid(f"{path}.name", container.name, detail) for detail in details)
    if container.name and container.name in seen:
        yield duplicate(f"{path}.name", container.name)
    seen.add(container.name)
    yield from choice(f"{path}.imagePullPolicy", container.image_pull_policy, _PULL_POLICIES)
    yield from _ports(f"{path}.ports", container.ports)
    yield from validate_environment(f"{path}.env", container.env)
    yield from validate_resources(f"{path}.resources", container.resources)
    yield from validate_restart_policy(path, container)


def _plain_init_container(path: str, container: Container) -> Errors:
    """Refuse what comes too late: it ends before anybody could ask it (validateInitContainers)."""
    given = {
        "lifecycle": container.lifecycle,
        "livenessProbe": container.liveness_probe,
        "readinessProbe": container.readiness_probe,
        "startupProbe": container.startup_probe,
    }
    for name, value in given.items():
        if value is not None:
            yield forbidden(
                f"{path}.{name}", "may not be set for init containers without restartPolicy=Always"
            )


def _image(path: str, image: str) -> Errors:
    if not image:
        yield required(f"{path}.image")
    elif image != image.strip():
        yield invalid(f"{path}.image", image, "must not have leading or trailing whitespace")


def _ports(path: str, ports: Sequence[ContainerPort]) -> Errors:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        below = f"{path}[{index}]"
        if port.name:
            yield from (invalid(f"{below}.name", port.name, item) for item in names.port_name(port.name))
            if port.name in seen:
                yield duplicate(f"{below}.name", port.name)
            seen.add(port.name)
        if not port.container_port:
            yield required(f"{below}.containerPort")
        else:
            yield from names.port(f"{below}.containerPort", port.container_port)
        if port.host_port:
            yield from names.port(f"{below}.hostPort", port.host_port)
        yield from choice(f"{below}.protocol", port.protocol, _PROTOCOLS)


def _host_ports(path: str, containers: Sequence[Container]) -> Errors:
    """Two containers of a pod cannot have one host port (checkHostPortConflicts)."""
    seen: set[tuple[str, str, int]] = set()
    for index, container in enumerate(containers):
        for place, port in enumerate(container.ports):
            key = (port.protocol, port.host_ip, port.host_port)
            if port.host_port and key in seen:
                yield duplicate(f"{path}[{index}].ports[{place}].hostPort", f"{key[0]}/{key[1]}/{key[2]}")
            seen.add(key)


def validate_environment(path: str, variables: Sequence[EnvVar]) -> Errors:
    """Yield what is wrong with the environment variables at `path`."""
    for index, variable in enumerate(variables):
        below = f"{path}[{index}]"
        if not variable.name:
            yield required(f"{below}.name")
        else:
            details = names.environment_name(variable.name)
            yield from (invalid(f"{below}.name", variable.name, detail) for detail in details)
        if variable.value_from is None:
            continue
        if variable.value:
            yield invalid(f"{below}.valueFrom", "", "may not be specified when `value` is not empty")
        yield from _field_ref(f"{below}.valueFrom", variable)


def _field_ref(path: str, variable: EnvVar) -> Errors:
    source = variable.value_from.field_ref if variable.value_from else None
    if source is None:
        yield invalid(path, "", "must specify one of: `fieldRef`")
        return
    subscripted = source.field_path.startswith(("metadata.labels['", "metadata.annotations['"))
    if not source.field_path:
        yield required(f"{path}.fieldRef.fieldPath")
    elif not (subscripted and source.field_path.endswith("']")):
        yield from choice(f"{path}.fieldRef.fieldPath", source.field_path, _FIELDS)


def validate_always(path: str, policy: str) -> Errors:
    """Pods of a workload are kept for ever."""
    yield from choice(f"{path}.restartPolicy", policy, ("Always",))
