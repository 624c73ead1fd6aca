"""Which endpoints a Service has, under which conditions, in which slices.

Sources: Kubernetes `endpointslice` module: `utils.go` (conditions, ports), `reconciler.go` (one
slice per distinct set of ports), `pkg/controller/util/endpoint` (named ports). A port is the one
that really reaches the container (`Pod.bound_port`), so pods that share the host's network usually
have a slice each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from readylb.core.drained import is_drained
from readylb.core.names import Rng, generate
from readylb.core.unix_address import unix_path
from readylb.model import EndpointSlice, Pod, Service
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, Endpoint, EndpointConditions, EndpointPort
from readylb.model.meta import ObjectMeta, ObjectReference, OwnerReference
from readylb.model.service import ServicePort

MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"
MANAGED_BY = "endpointslice-controller.k8s.io"


@dataclass(frozen=True, slots=True)
class SliceChanges:
    """What has to be done so that the slices are right. `update` holds whole new versions."""

    create: tuple[EndpointSlice, ...] = ()
    update: tuple[EndpointSlice, ...] = ()
    delete: tuple[EndpointSlice, ...] = ()


#: An address type and ports: what the endpoints of one slice have in common.
Group = tuple[str, tuple[EndpointPort, ...]]


@dataclass(frozen=True, slots=True)
class Placement:
    """A pod's endpoint, and the slice that it belongs in."""

    group: Group
    endpoint: Endpoint


def placement(service: Service, pod: Pod) -> Placement | None:
    """Return the endpoint that a pod is for a Service; None for one without address or ports."""
    if pod.finished or not pod.status.pod_ip:
        return None
    found = ports(service, pod)
    if not found and service.spec.ports:
        return None
    return Placement((_address_type(pod.status.pod_ip), found), _endpoint(service, pod))


def changes(
    service: Service,
    pods: Iterable[Pod],
    existing: Sequence[EndpointSlice],
    rng: Rng,
    place: Callable[[Service, Pod], Placement | None] = placement,
) -> SliceChanges:
    """Compare the slices that there are with those that the pods call for.

    `pods` are those that the selector finds, `existing` the slices of this Service that we manage.
    `place` answers as `placement` does; it may know the answer of pods that have not changed.
    A slice is kept for its set of ports, so its name is stable; what did not change is not in the
    answer. Without endpoints one empty slice remains, as in Kubernetes.
    """
    wanted, labels = _group(place(service, pod) for pod in pods), _labels(service)
    update: list[EndpointSlice] = []
    delete: list[EndpointSlice] = []
    for item in existing:
        endpoints = wanted.pop((item.address_type, item.ports), None)
        if endpoints is None:
            delete.append(item)
            continue
        if item.endpoints != endpoints or item.metadata.labels != labels:
            meta = replace(item.metadata, labels=labels)
            update.append(replace(item, metadata=meta, endpoints=endpoints))
    taken = {item.metadata.name for item in existing}
    create = [_new(service, group, endpoints, taken, rng) for group, endpoints in wanted.items()]
    return SliceChanges(tuple(create), tuple(update), tuple(delete))


def conditions(pod: Pod, *, publish_not_ready: bool) -> EndpointConditions:
    """Return ready / serving / terminating by the table of `endpointslice/utils.go`.

    A drained pod is not ready, and not even the last resort when it terminates.
    """
    drained = is_drained(pod)
    return EndpointConditions(
        ready=not drained and (publish_not_ready or (pod.ready and not pod.terminating)),
        serving=pod.ready and not (drained and pod.terminating),
        terminating=pod.terminating,
    )


def ports(service: Service, pod: Pod) -> tuple[EndpointPort, ...]:
    """Return the Service's ports as this pod has them; a port that it does not have is left out."""
    found = ((port, _target(port, pod)) for port in service.spec.ports)
    return tuple(
        EndpointPort(name=port.name, port=number, protocol=port.protocol, app_protocol=port.app_protocol)
        for port, number in found
        if number is not None
    )


def _group(placed: Iterable[Placement | None]) -> dict[Group, tuple[Endpoint, ...]]:
    groups: dict[Group, list[Endpoint]] = {}
    group, endpoints = None, list[Endpoint]()
    for item in placed:
        if item is not None:
            if item.group is not group:  # most are in the one of the pod before
                group = item.group
                endpoints = groups.setdefault(group, [])
            endpoints.append(item.endpoint)
    if not groups:
        return {("IPv4", ()): ()}
    return {group: tuple(endpoints) for group, endpoints in groups.items()}


def _address_type(address: str) -> str:
    """Return the slice's address type; a Unix socket's is the one of names, for want of a better."""
    if unix_path(address) is not None:
        return "FQDN"
    return "IPv6" if ":" in address else "IPv4"


def _target(port: ServicePort, pod: Pod) -> int | None:
    target = port.target_port or port.port
    if isinstance(target, int):
        return pod.bound_port(target)
    for container in pod.spec.long_running:
        for candidate in container.ports:
            if (candidate.name, candidate.protocol) == (target, port.protocol):
                return pod.bound_port(candidate.container_port)
    return None


def _endpoint(service: Service, pod: Pod) -> Endpoint:
    meta = pod.metadata
    return Endpoint(
        addresses=(pod.status.pod_ip,),
        conditions=conditions(pod, publish_not_ready=service.spec.publish_not_ready_addresses),
        target_ref=ObjectReference(kind="Pod", namespace=meta.namespace, name=meta.name, uid=meta.uid),
        node_name=pod.spec.node_name,
    )


def _labels(service: Service) -> dict[str, str]:
    own = {SERVICE_NAME_LABEL: service.metadata.name, MANAGED_BY_LABEL: MANAGED_BY}
    return {**service.metadata.labels, **own}


def _new(
    service: Service, group: Group, endpoints: tuple[Endpoint, ...], taken: set[str], rng: Rng
) -> EndpointSlice:
    meta = service.metadata
    base = f"{meta.name}-"
    name = generate(base, taken, rng)
    taken.add(name)
    owner = OwnerReference(
        api_version=service.API_VERSION,
        kind=service.KIND,
        name=meta.name,
        uid=meta.uid,
        controller=True,
        block_owner_deletion=True,
    )
    return EndpointSlice(
        metadata=ObjectMeta(
            name=name,
            generate_name=base,
            namespace=meta.namespace,
            labels=_labels(service),
            owner_references=(owner,),
        ),
        address_type=group[0],
        ports=group[1],
        endpoints=endpoints,
    )
