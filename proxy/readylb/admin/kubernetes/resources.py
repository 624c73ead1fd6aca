"""Every resource of the API in one table: where its objects come from, how it is printed, what it allows."""

from __future__ import annotations

from dataclasses import dataclass

from readylb.admin.kubernetes.endpoints import EndpointsOfServices
from readylb.admin.kubernetes.pod_layout import POD_LAYOUT
from readylb.admin.kubernetes.service_layouts import (
    ENDPOINT_SLICE_LAYOUT,
    ENDPOINTS_LAYOUT,
    NAMESPACE_LAYOUT,
    SERVICE_LAYOUT,
)
from readylb.admin.kubernetes.sources import Namespaces, Source, Stored
from readylb.admin.kubernetes.tables import Layout
from readylb.admin.kubernetes.workload_layouts import (
    DEPLOYMENT_LAYOUT,
    EVENT_LAYOUT,
    REPLICA_SET_LAYOUT,
    REPLICATION_CONTROLLER_LAYOUT,
)
from readylb.core import api_resources as names
from readylb.core.api_resources import ApiResource
from readylb.errors import NotFoundError
from readylb.model import (
    Deployment,
    EndpointSlice,
    Event,
    Object,
    Pod,
    ReplicaSet,
    ReplicationController,
    Service,
)


@dataclass(frozen=True, slots=True)
class Subresource:
    """Something below an object: `pods/NAME/log`."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


SCALE = Subresource("scale", "Scale", ("get", "patch", "update"), group="autoscaling", version="v1")


@dataclass(frozen=True, slots=True)
class Resource:
    """One row. `deletes` is the stored kind that a DELETE acts on, and with `writes` an author."""

    api: ApiResource
    source: Source
    layout: Layout
    deletes: type[Object] | None = None
    subresources: tuple[Subresource, ...] = ()
    writes: bool = False

    @property
    def verbs(self) -> tuple[str, ...]:
        """What may be done with it."""
        deletes = ("delete",) if self.deletes is not None else ()
        create, change = (("create",), ("patch", "update")) if self.writes else ((), ())
        return (*create, *deletes, "get", "list", *change, "watch")


RESOURCES = (
    Resource(names.ENDPOINTS, EndpointsOfServices(), ENDPOINTS_LAYOUT),
    Resource(names.EVENTS, Stored(Event), EVENT_LAYOUT, Event),
    Resource(names.NAMESPACES, Namespaces(), NAMESPACE_LAYOUT),
    Resource(
        names.PODS,
        Stored(Pod),
        POD_LAYOUT,
        Pod,
        (
            Subresource("log", "Pod", ("get",)),
            Subresource("exec", "PodExecOptions", ("create", "get")),
            Subresource("explain", "PodExplanation", ("get",), group="readylb.io", version="v1"),
            Subresource("drain", "Pod", ("create",)),
            Subresource("status", "Pod", ("get", "patch", "update")),
        ),
        writes=True,
    ),
    Resource(
        names.REPLICATION_CONTROLLERS,
        Stored(ReplicationController),
        REPLICATION_CONTROLLER_LAYOUT,
        ReplicationController,
        (SCALE,),
        writes=True,
    ),
    Resource(names.SERVICES, Stored(Service), SERVICE_LAYOUT, Service, writes=True),
    Resource(names.DEPLOYMENTS, Stored(Deployment), DEPLOYMENT_LAYOUT, Deployment, (SCALE,), writes=True),
    Resource(names.REPLICA_SETS, Stored(ReplicaSet), REPLICA_SET_LAYOUT, ReplicaSet, (SCALE,), writes=True),
    Resource(names.ENDPOINT_SLICES, Stored(EndpointSlice), ENDPOINT_SLICE_LAYOUT),
)

_BY_PATH = {(item.api.group, item.api.version, item.api.plural): item for item in RESOURCES}


def find_resource(group: str, version: str, plural: str) -> Resource:
    """Return the resource; NotFoundError with the API server's words when there is none."""
    found = _BY_PATH.get((group, version, plural))
    if found is None:
        msg = "the server could not find the requested resource"
        raise NotFoundError(msg)
    return found
