"""The columns of services, endpoints, endpointslices and namespaces.

Source: pkg/printers/internalversion/printers.go: printService, printEndpoints, printEndpointSlice,
printNamespace.
"""

from __future__ import annotations

from collections.abc import Sequence

from readylb.admin.kubernetes.objects import Endpoints, Namespace
from readylb.admin.kubernetes.tables import AGE, NAME, NONE, Cell, Column, Layout, age, joined_labels
from readylb.model import EndpointSlice, Service

#: Addresses and ports shown before ` + N more...`.
_SHOWN = 3


def service_row(service: Service, now: float) -> Sequence[Cell]:
    """Return the cells of one Service."""
    return (
        service.metadata.name,
        service.spec.type,
        service.spec.cluster_ip or NONE,
        external_ip(service),
        ",".join(_port(port.port, port.node_port, port.protocol) for port in service.spec.ports) or NONE,
        age(service.metadata.creation_timestamp, now),
        joined_labels(service.spec.selector.items()),
    )


def external_ip(service: Service) -> str:
    """Return what EXTERNAL-IP says: the ingress addresses, `<pending>` or `<none>`.

    In full: a Table serves narrow and wide output alike (the API server prints with Wide set).
    """
    external = ",".join(service.spec.external_ips)
    if service.spec.type != "LoadBalancer":
        return external or NONE
    addresses = sorted({item.ip or item.hostname for item in service.status.load_balancer.ingress})
    return ",".join(filter(None, (*addresses, external))) or "<pending>"


def endpoints_row(item: Endpoints, now: float) -> Sequence[Cell]:
    """Return the cells of one Endpoints object."""
    found = [
        _host_port(address.ip, port.port)
        for subset in item.subsets
        for port in subset.ports
        for address in subset.addresses
    ]
    return item.metadata.name, _some(found, NONE), age(item.metadata.creation_timestamp, now)


def endpoint_slice_row(item: EndpointSlice, now: float) -> Sequence[Cell]:
    """Return the cells of one EndpointSlice; all endpoints are listed, Ready or not."""
    addresses = [address for endpoint in item.endpoints for address in endpoint.addresses]
    return (
        item.metadata.name,
        item.address_type,
        _some([str(port.port) for port in item.ports], "<unset>"),
        _some(addresses, "<unset>"),
        age(item.metadata.creation_timestamp, now),
    )


def namespace_row(item: Namespace, now: float) -> Sequence[Cell]:
    """Return the cells of one Namespace."""
    return item.metadata.name, item.status.phase, age(item.metadata.creation_timestamp, now)


def _port(port: int, node_port: int, protocol: str) -> str:
    return f"{port}:{node_port}/{protocol}" if node_port else f"{port}/{protocol}"


def _host_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _some(found: Sequence[str], nothing: str) -> str:
    text = ",".join(found[:_SHOWN])
    if len(found) > _SHOWN:
        return f"{text} + {len(found) - _SHOWN} more..."
    return text or nothing


SERVICE_LAYOUT = Layout(
    columns=(
        NAME,
        Column("Type"),
        Column("Cluster-IP"),
        Column("External-IP"),
        Column("Port(s)"),
        AGE,
        Column("Selector", wide=True),
    ),
    row=service_row,
)
ENDPOINTS_LAYOUT = Layout(columns=(NAME, Column("Endpoints"), AGE), row=endpoints_row)
ENDPOINT_SLICE_LAYOUT = Layout(
    columns=(NAME, Column("AddressType"), Column("Ports"), Column("Endpoints"), AGE), row=endpoint_slice_row
)
NAMESPACE_LAYOUT = Layout(columns=(NAME, Column("Status"), AGE), row=namespace_row)
