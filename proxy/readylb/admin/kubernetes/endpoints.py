"""Legacy Endpoints (core/v1), computed from the EndpointSlices of a Service.

Rule: pkg/controller/endpoint: Ready addresses and the others stand apart; an address that
terminates and is not Ready is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from readylb.admin.kubernetes.objects import (
    ApiObject,
    EndpointAddress,
    Endpoints,
    EndpointsPort,
    EndpointSubset,
)
from readylb.admin.kubernetes.sources import Step
from readylb.control.store import Change, ChangeType, Store
from readylb.model import EndpointSlice, Object, Service
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, Endpoint
from readylb.model.meta import ObjectMeta


class EndpointsOfServices:
    """One Endpoints object per Service."""

    kinds: tuple[type[Object], ...] = (Service, EndpointSlice)

    def objects(self, store: Store, namespace: str | None) -> list[ApiObject]:
        """Return the Endpoints of all Services."""
        services = sorted(
            store.objects(Service, namespace), key=lambda item: (item.metadata.namespace, item.metadata.name)
        )
        return [endpoints_of(store, service) for service in services]

    def find(self, store: Store, namespace: str, name: str) -> ApiObject | None:
        """Return the Endpoints of the Service of that name."""
        service = store.find(Service, namespace, name)
        return None if service is None else endpoints_of(store, service)

    def steps(self, store: Store, change: Change) -> Iterable[Step]:
        """Recompute the Endpoints of the Service that changed or whose slice changed."""
        item = change.object
        if isinstance(item, Service):
            if change.type is ChangeType.DELETED:
                return [(endpoints_of(store, item), None)]
            name = item.metadata.name
        else:
            name = item.metadata.labels.get(SERVICE_NAME_LABEL, "")
        service = store.find(Service, item.metadata.namespace, name)
        if service is None:
            return []
        now = replace_version(endpoints_of(store, service), change.version)
        added = isinstance(item, Service) and change.type is ChangeType.ADDED
        return [(None if added else now, now)]


def endpoints_of(store: Store, service: Service) -> Endpoints:
    """Return the Endpoints of a Service as its slices say now."""
    meta = service.metadata
    slices = [
        item
        for item in store.objects(EndpointSlice, meta.namespace)
        if item.metadata.labels.get(SERVICE_NAME_LABEL) == meta.name
    ]
    metas = (meta, *(item.metadata for item in slices))
    versions = (int(item.resource_version or 0) for item in metas)
    metadata = ObjectMeta(
        name=meta.name,
        namespace=meta.namespace,
        uid=meta.uid,
        resource_version=str(max(versions)),
        creation_timestamp=meta.creation_timestamp,
        labels=meta.labels,
    )
    subsets = (_subset(item) for item in slices)
    shown = tuple(item for item in subsets if item.addresses or item.not_ready_addresses)
    return Endpoints(metadata=metadata, subsets=shown)


def replace_version(item: Endpoints, version: int) -> Endpoints:
    """Return the object as seen at a resourceVersion."""
    return replace(item, metadata=replace(item.metadata, resource_version=str(version)))


def _subset(item: EndpointSlice) -> EndpointSubset:
    ready = [endpoint for endpoint in item.endpoints if endpoint.conditions.ready]
    others = [
        endpoint
        for endpoint in item.endpoints
        if not endpoint.conditions.ready and not endpoint.conditions.terminating
    ]
    return EndpointSubset(
        addresses=tuple(_addresses(ready)),
        not_ready_addresses=tuple(_addresses(others)),
        ports=tuple(
            EndpointsPort(name=port.name, port=port.port, protocol=port.protocol) for port in item.ports
        ),
    )


def _addresses(endpoints: Iterable[Endpoint]) -> Iterable[EndpointAddress]:
    for endpoint in endpoints:
        for address in endpoint.addresses:
            yield EndpointAddress(ip=address, node_name=endpoint.node_name, target_ref=endpoint.target_ref)
