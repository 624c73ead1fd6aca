"""Kubernetes' defaults (`pkg/apis/core/v1/defaults.go`, `pkg/apis/apps/v1/defaults.go`), before validation.

The model's own defaults cover what is absent; here is what depends on another field, and the numbers
for which a written 0 means the default. Nothing that needs the network: nodePort and clusterIP are
given by whoever listens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from readylb.config.pod_specs import with_pod_spec
from readylb.model import Deployment, Object, ReplicationController, Service
from readylb.model.container import Container, ContainerPort, ResourceRequirements
from readylb.model.lifecycle import Lifecycle, LifecycleHandler
from readylb.model.pod import PodSpec
from readylb.model.probe import HTTPGetAction, Probe
from readylb.model.service import ClientIPConfig, ServicePort, ServiceSpec, SessionAffinityConfig
from readylb.model.workload import DeploymentSpec, RollingUpdateDeployment

_EXTERNALLY_REACHABLE = frozenset({"NodePort", "LoadBalancer"})
_WITH_ADDRESS = frozenset({"ClusterIP", "NodePort", "LoadBalancer"})
_AFFINITY_SECONDS = 10800


def defaulted(item: Object) -> Object:
    """Return the object with every default filled in."""
    if isinstance(item, Service):
        return replace(item, spec=_service(item.spec))
    item = with_pod_spec(item, _pod)
    if isinstance(item, ReplicationController):
        return _replication_controller(item)
    if isinstance(item, Deployment):
        return replace(item, spec=_deployment(item.spec))
    return item


def default_probe(probe: Probe) -> Probe:
    """Return the probe with zeros and empty strings replaced (SetDefaults_Probe, _HTTPGetAction)."""
    http_get = probe.http_get
    return replace(
        probe,
        http_get=None if http_get is None else _http_get(http_get),
        timeout_seconds=probe.timeout_seconds or 1,
        period_seconds=probe.period_seconds or 10,
        success_threshold=probe.success_threshold or 1,
        failure_threshold=probe.failure_threshold or 3,
    )


def _http_get(action: HTTPGetAction) -> HTTPGetAction:
    return replace(action, path=action.path or "/", scheme=action.scheme or "HTTP")


def _pod(spec: PodSpec) -> PodSpec:
    return replace(
        spec,
        containers=tuple(_container(container) for container in spec.containers),
        init_containers=tuple(_container(container) for container in spec.init_containers),
        restart_policy=spec.restart_policy or "Always",
        dns_policy=spec.dns_policy or "ClusterFirst",
    )


def _container(container: Container) -> Container:
    probes: Mapping[str, Any] = {
        name: default_probe(probe)
        for name in ("startup_probe", "liveness_probe", "readiness_probe")
        if (probe := getattr(container, name)) is not None
    }
    return replace(
        container,
        image_pull_policy=container.image_pull_policy or _pull_policy(container.image),
        termination_message_path=container.termination_message_path or "/dev/termination-log",
        termination_message_policy=container.termination_message_policy or "File",
        ports=tuple(_container_port(port) for port in container.ports),
        lifecycle=None if container.lifecycle is None else _lifecycle(container.lifecycle),
        resources=_resources(container.resources),
        **probes,
    )


def _resources(resources: ResourceRequirements) -> ResourceRequirements:
    """Write quantities as texts; a limit is also the request where none is said (SetDefaults_Pod)."""
    limits = {name: str(value) for name, value in resources.limits.items()}
    requests = {name: str(value) for name, value in resources.requests.items()}
    return ResourceRequirements(limits=limits, requests={**limits, **requests})


def _lifecycle(lifecycle: Lifecycle) -> Lifecycle:
    def handler(hook: LifecycleHandler | None) -> LifecycleHandler | None:
        if hook is None or hook.http_get is None:
            return hook
        return replace(hook, http_get=_http_get(hook.http_get))

    return replace(lifecycle, post_start=handler(lifecycle.post_start), pre_stop=handler(lifecycle.pre_stop))


def _container_port(port: ContainerPort) -> ContainerPort:
    return replace(port, protocol=port.protocol or "TCP")


def _pull_policy(image: str) -> str:
    """`latest`, written or implied, is pulled always; anything named more exactly, once."""
    last = image.rpartition("/")[2]
    tag = last.partition(":")[2] or "latest"
    return "Always" if tag == "latest" and "@" not in last else "IfNotPresent"


def _replication_controller(item: ReplicationController) -> ReplicationController:
    """Empty selector and labels are copied from the template's labels (SetDefaults_ReplicationController)."""
    labels = item.spec.template.metadata.labels if item.spec.template else {}
    return replace(
        item,
        metadata=replace(item.metadata, labels=item.metadata.labels or labels),
        spec=replace(item.spec, selector=item.spec.selector or labels),
    )


def _deployment(spec: DeploymentSpec) -> DeploymentSpec:
    strategy = replace(spec.strategy, type=spec.strategy.type or "RollingUpdate")
    if strategy.type == "RollingUpdate" and strategy.rolling_update is None:
        strategy = replace(strategy, rolling_update=RollingUpdateDeployment())
    return replace(spec, strategy=strategy)


def _service(spec: ServiceSpec) -> ServiceSpec:
    kind = spec.type or "ClusterIP"
    external = "Cluster" if kind in _EXTERNALLY_REACHABLE else ""
    internal = "Cluster" if kind in _WITH_ADDRESS else ""
    nodes = spec.allocate_load_balancer_node_ports
    affinity = spec.session_affinity or "None"
    return replace(
        spec,
        type=kind,
        ports=tuple(_service_port(port) for port in spec.ports),
        session_affinity=affinity,
        session_affinity_config=_affinity(affinity, spec.session_affinity_config),
        external_traffic_policy=spec.external_traffic_policy or external,
        internal_traffic_policy=spec.internal_traffic_policy or internal,
        allocate_load_balancer_node_ports=True if nodes is None and kind == "LoadBalancer" else nodes,
    )


def _affinity(affinity: str, config: SessionAffinityConfig | None) -> SessionAffinityConfig | None:
    """Config without ClientIP is dropped; ClientIP without a timeout means three hours."""
    if affinity == "None":
        return None
    if affinity == "ClientIP" and (config is None or config.client_ip is None):
        return SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=_AFFINITY_SECONDS))
    return config


def _service_port(port: ServicePort) -> ServicePort:
    return replace(port, protocol=port.protocol or "TCP", target_port=port.target_port or port.port)
