"""What becomes of an object that its author changes: what cannot change, and what is not the author's.

Sources: pkg/apis/apps/validation, pkg/apis/core/validation (ValidatePodUpdate, ValidateServiceUpdate),
pkg/registry/core/service/storage (patchAllocatedValues, dropTypeDependentFields).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from readylb.config.defaults import defaulted
from readylb.config.knobs import is_followed
from readylb.core.drained import with_drained
from readylb.model import Deployment, Object, Pod, ReplicaSet, Service
from readylb.model.serialization import to_json
from readylb.model.service import ServicePort

T = TypeVar("T", bound=Object)

#: Types of Services that have node ports.
_WITH_NODE_PORTS = frozenset({"LoadBalancer", "NodePort"})


def updated(old: T, said: Object) -> T:
    """Return `old` with the labels, annotations and spec that an author says; the rest is not the author's.

    Status and identity stay, and what was assigned: a pod's node, a Service's address and node ports.
    """
    meta = replace(old.metadata, labels=said.metadata.labels, annotations=said.metadata.annotations)
    spec = cast("Any", said).spec  # every kind that has an author has one
    if isinstance(old, Pod):
        spec = replace(spec, node_name=old.spec.node_name)
        if replace(old, spec=spec) == defaulted(old):
            spec = old.spec
        labelled = replace(old, metadata=replace(meta, annotations=old.metadata.annotations), spec=spec)
        return cast("T", with_drained(labelled, meta.annotations))
    new = cast("T", replace(cast("Any", old), metadata=meta, spec=spec))
    if isinstance(old, Service) and isinstance(new, Service):
        return cast("T", _keep_assigned(old, new))
    return new


def frozen(old: Object, new: Object) -> Iterator[tuple[str, str]]:
    """Yield (path, message) of everything that `new` changes and that must stay as it is."""
    if isinstance(old, Deployment | ReplicaSet) and isinstance(new, Deployment | ReplicaSet):
        if old.spec.selector != new.spec.selector:
            yield "spec.selector", f"Invalid value: {_shown(new.spec.selector)}: field is immutable"
    elif isinstance(old, Service) and isinstance(new, Service):
        was, is_now = old.spec.cluster_ip, new.spec.cluster_ip
        if was and is_now != was and "ExternalName" not in {old.spec.type, new.spec.type}:
            yield "spec.clusterIPs[0]", f"Invalid value: {_shown([is_now])}: may not change once set"
    elif isinstance(old, Pod) and isinstance(new, Pod):
        if old.spec != new.spec:
            yield "spec", "Forbidden: pod updates may not change fields other than labels and annotations"
        before, after = old.metadata.annotations, new.metadata.annotations
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name) and not is_followed(name):
                yield "metadata.annotations", f"Forbidden: {name} is read only when the pod is made"


def moved_selector(old: Object | None, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path, message) when the document of an object that is wrong anyway also changes its selector."""
    spec = said.get("spec")
    if isinstance(old, Deployment | ReplicaSet) and isinstance(spec, dict):
        selector = spec.get("selector")
        if selector != to_json(old.spec.selector):
            yield "spec.selector", f"Invalid value: {_shown(selector)}: field is immutable"


def settled(before: Mapping[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the document `after` without what its author does not mean.

    That is what a Service of its former type alone could have, and the node that a pod has been given.
    """
    was, is_now = before.get("spec"), after.get("spec")
    if after.get("kind") == Pod.KIND and isinstance(is_now, dict):
        return {**after, "spec": {name: value for name, value in is_now.items() if name != "nodeName"}}
    if after.get("kind") != Service.KIND or not isinstance(was, dict) or not isinstance(is_now, dict):
        return after
    spec = dict(is_now)
    if spec.get("type") not in _WITH_NODE_PORTS and was.get("type") in _WITH_NODE_PORTS:
        if spec.get("externalTrafficPolicy") == was.get("externalTrafficPolicy"):
            spec.pop("externalTrafficPolicy", None)
        spec["ports"] = _without_node_ports(was.get("ports"), spec.get("ports"))
    if spec.get("type") != "LoadBalancer" and was.get("type") == "LoadBalancer":
        spec.pop("allocateLoadBalancerNodePorts", None)
    return {**after, "spec": spec}


def _without_node_ports(was: Any, is_now: Any) -> Any:
    """Return the ports without the node ports that they had before."""
    if not isinstance(was, list) or not isinstance(is_now, list):
        return is_now
    known = {port.get("nodePort") for port in was if isinstance(port, dict)}
    return [
        {key: value for key, value in port.items() if key != "nodePort" or value not in known}
        if isinstance(port, dict)
        else port
        for port in is_now
    ]


def _keep_assigned(old: Service, new: Service) -> Service:
    assigned: dict[tuple[str, int], int] = {}
    if new.spec.type in _WITH_NODE_PORTS:
        assigned = {(port.name, port.port): port.node_port for port in old.spec.ports}

    def keep(port: ServicePort) -> ServicePort:
        return replace(port, node_port=port.node_port or assigned.get((port.name, port.port), 0))

    spec = replace(
        new.spec,
        ports=tuple(keep(port) for port in new.spec.ports),
        cluster_ip=new.spec.cluster_ip or old.spec.cluster_ip,
        cluster_ips=new.spec.cluster_ips or old.spec.cluster_ips,
    )
    return replace(new, spec=spec)


def _shown(value: Any) -> str:
    return json.dumps(to_json(value), separators=(",", ":"))
