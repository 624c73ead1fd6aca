from __future__ import annotations

from dataclasses import replace

import pytest
from tests.admin.fakes import make_service, make_slice

from readylb.admin.kubernetes.objects import EndpointAddress, Endpoints, EndpointsPort, EndpointSubset
from readylb.admin.kubernetes.service_layouts import endpoint_slice_row, endpoints_row, service_row
from readylb.model import Service
from readylb.model.meta import ObjectMeta
from readylb.model.service import LoadBalancerIngress, LoadBalancerStatus, ServicePort, ServiceStatus

NOW = 1_700_000_000.0


def with_ingress(*addresses: str) -> Service:
    ingress = tuple(LoadBalancerIngress(ip=address) for address in addresses)
    return replace(make_service(), status=ServiceStatus(load_balancer=LoadBalancerStatus(ingress=ingress)))


def endpoints(*addresses: str, ports: tuple[int, ...] = (8080,)) -> Endpoints:
    subset = EndpointSubset(
        addresses=tuple(EndpointAddress(ip=address) for address in addresses),
        ports=tuple(EndpointsPort(port=port) for port in ports),
    )
    return Endpoints(metadata=ObjectMeta(name="web", creation_timestamp=NOW), subsets=(subset,))


@pytest.mark.parametrize(
    ("service", "shown"),
    [
        (with_ingress(), "<pending>"),
        (with_ingress("10.0.0.2", "10.0.0.1"), "10.0.0.1,10.0.0.2"),
        (replace(with_ingress(), spec=replace(make_service().spec, type="ClusterIP")), "<none>"),
        (
            replace(
                with_ingress(), spec=replace(make_service().spec, type="NodePort", external_ips=("9.9.9.9",))
            ),
            "9.9.9.9",
        ),
    ],
)
def test_external_ip_depends_on_type_and_ingress(service: Service, shown: str) -> None:
    assert service_row(service, NOW)[3] == shown


def test_ports_show_node_ports_where_there_are_some() -> None:
    ports = (ServicePort(port=80, node_port=31619), ServicePort(port=53, protocol="UDP"))
    service = replace(make_service(), spec=replace(make_service().spec, ports=ports))
    assert service_row(service, NOW)[4] == "80:31619/TCP,53/UDP"
    assert service_row(replace(service, spec=replace(service.spec, ports=())), NOW)[4] == "<none>"


def test_the_selector_is_the_last_and_wide_cell() -> None:
    assert service_row(make_service(), NOW)[-1] == "app=readiness"


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (endpoints(), "<none>"),
        (endpoints("10.0.0.1", "::1"), "10.0.0.1:8080,[::1]:8080"),
        (endpoints("a", "b", "c"), "a:8080,b:8080,c:8080"),
        (endpoints("a", "b", "c", "d", "e"), "a:8080,b:8080,c:8080 + 2 more..."),
        (endpoints("a", ports=(1, 2)), "a:1,a:2"),
    ],
)
def test_endpoints_show_three_and_count_the_rest(item: Endpoints, shown: str) -> None:
    assert endpoints_row(item, NOW)[1] == shown


def test_endpoint_slices_show_ports_and_all_addresses() -> None:
    assert endpoint_slice_row(make_slice(), NOW)[1:4] == ("IPv4", "8080", "10.0.0.1,10.0.0.2")
    empty = replace(make_slice(), ports=(), endpoints=())
    assert endpoint_slice_row(empty, NOW)[2:4] == ("<unset>", "<unset>")
