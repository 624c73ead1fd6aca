"""Which Services are served, what their ports are called on the wire, and whose endpoints they have."""

from __future__ import annotations

from readylb.model import Object, Service
from readylb.model.service import ServicePort


def port_key(service: Service, port: ServicePort) -> str:
    """Return the name of a Service port on the wire."""
    return f"{service.metadata.namespace}/{service.metadata.name}:{port.port}"


def is_served(service: Service) -> bool:
    """Say whether it has an address to listen on: headless Services and ExternalName have none."""
    deleted = service.metadata.deletion_timestamp is not None
    return not deleted and service.spec.cluster_ip != "None" and service.spec.type != "ExternalName"


def selects(service: Service, pod: Object) -> bool:
    """Say whether a pod belongs to a Service; one without a selector has its endpoints from elsewhere."""
    selector = service.spec.selector
    return bool(selector) and selector.items() <= pod.metadata.labels.items()
