"""Every resource of the API in one table: its names, where its objects come from, how it is printed."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource. `deletes` is the stored kind that a DELETE acts on, if it may be deleted."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    source: Source
    layout: Layout
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    in_all: bool = False
    deletes: type[Object] | None = None
    subresources: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def group_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def verbs(self) -> tuple[str, ...]:
        """What may be done with it."""
        return ("delete", "get", "list", "watch") if self.deletes is not None else ("get", "list", "watch")


RESOURCES = (
    Resource(
        group="",
        version="v1",
        plural="endpoints",
        singular="endpoints",
        kind="Endpoints",
        short_names=("ep",),
        source=EndpointsOfServices(),
        layout=ENDPOINTS_LAYOUT,
    ),
    Resource(
        group="",
        version="v1",
        plural="events",
        singular="event",
        kind="Event",
        short_names=("ev",),
        source=Stored(Event),
        layout=EVENT_LAYOUT,
        deletes=Event,
    ),
    Resource(
        group="",
        version="v1",
        plural="namespaces",
        singular="namespace",
        kind="Namespace",
        short_names=("ns",),
        namespaced=False,
        source=Namespaces(),
        layout=NAMESPACE_LAYOUT,
    ),
    Resource(
        group="",
        version="v1",
        plural="pods",
        singular="pod",
        kind="Pod",
        short_names=("po",),
        in_all=True,
        source=Stored(Pod),
        layout=POD_LAYOUT,
        deletes=Pod,
        subresources=(("log", "Pod", ("get",)), ("exec", "PodExecOptions", ("create", "get"))),
    ),
    Resource(
        group="",
        version="v1",
        plural="replicationcontrollers",
        singular="replicationcontroller",
        kind="ReplicationController",
        short_names=("rc",),
        in_all=True,
        source=Stored(ReplicationController),
        layout=REPLICATION_CONTROLLER_LAYOUT,
        deletes=ReplicationController,
    ),
    Resource(
        group="",
        version="v1",
        plural="services",
        singular="service",
        kind="Service",
        short_names=("svc",),
        in_all=True,
        source=Stored(Service),
        layout=SERVICE_LAYOUT,
        deletes=Service,
    ),
    Resource(
        group="apps",
        version="v1",
        plural="deployments",
        singular="deployment",
        kind="Deployment",
        short_names=("deploy",),
        in_all=True,
        source=Stored(Deployment),
        layout=DEPLOYMENT_LAYOUT,
        deletes=Deployment,
    ),
    Resource(
        group="apps",
        version="v1",
        plural="replicasets",
        singular="replicaset",
        kind="ReplicaSet",
        short_names=("rs",),
        in_all=True,
        source=Stored(ReplicaSet),
        layout=REPLICA_SET_LAYOUT,
        deletes=ReplicaSet,
    ),
    Resource(
        group="discovery.k8s.io",
        version="v1",
        plural="endpointslices",
        singular="endpointslice",
        kind="EndpointSlice",
        source=Stored(EndpointSlice),
        layout=ENDPOINT_SLICE_LAYOUT,
    ),
)

_BY_PATH = {(item.group, item.version, item.plural): item for item in RESOURCES}


def find_resource(group: str, version: str, plural: str) -> Resource:
    """Return the resource; NotFoundError with the API server's words when there is none."""
    found = _BY_PATH.get((group, version, plural))
    if found is None:
        msg = "the server could not find the requested resource"
        raise NotFoundError(msg)
    return found
