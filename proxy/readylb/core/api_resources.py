"""The resources of the API by their names: plural, singular, kind, short names, group and version.

Pure data, shared by the server (discovery, routes) and by clients (paths, `get po`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResource:
    """One resource. `in_all` says whether `get all` shows it."""

    group: str = ""
    version: str = "v1"
    plural: str
    singular: str
    kind: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    in_all: bool = False

    @property
    def group_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The plural with its group: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_singular(self) -> str:
        """The singular with its group, as `-o name` has it: `deployment.apps`."""
        return f"{self.singular}.{self.group}" if self.group else self.singular

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that people may type."""
        return (self.plural, self.singular, *self.short_names, self.qualified)

    def path(self, namespace: str | None, name: str = "") -> str:
        """Return the URL path of the collection (of all namespaces for None) or of one object."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace is not None else ""
        return f"{root}{inside}/{self.plural}" + (f"/{name}" if name else "")


PODS = ApiResource(plural="pods", singular="pod", kind="Pod", short_names=("po",), in_all=True)
REPLICATION_CONTROLLERS = ApiResource(
    plural="replicationcontrollers",
    singular="replicationcontroller",
    kind="ReplicationController",
    short_names=("rc",),
    in_all=True,
)
SERVICES = ApiResource(
    plural="services", singular="service", kind="Service", short_names=("svc",), in_all=True
)
DEPLOYMENTS = ApiResource(
    group="apps",
    plural="deployments",
    singular="deployment",
    kind="Deployment",
    short_names=("deploy",),
    in_all=True,
)
REPLICA_SETS = ApiResource(
    group="apps",
    plural="replicasets",
    singular="replicaset",
    kind="ReplicaSet",
    short_names=("rs",),
    in_all=True,
)
ENDPOINTS = ApiResource(plural="endpoints", singular="endpoints", kind="Endpoints", short_names=("ep",))
ENDPOINT_SLICES = ApiResource(
    group="discovery.k8s.io", plural="endpointslices", singular="endpointslice", kind="EndpointSlice"
)
EVENTS = ApiResource(plural="events", singular="event", kind="Event", short_names=("ev",))
NAMESPACES = ApiResource(
    plural="namespaces", singular="namespace", kind="Namespace", short_names=("ns",), namespaced=False
)

#: In the order in which `get all` prints those that it shows.
API_RESOURCES = (
    PODS,
    REPLICATION_CONTROLLERS,
    SERVICES,
    DEPLOYMENTS,
    REPLICA_SETS,
    ENDPOINTS,
    ENDPOINT_SLICES,
    EVENTS,
    NAMESPACES,
)
