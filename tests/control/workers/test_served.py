from __future__ import annotations

import pytest

from readylb.control.workers.served import is_served, port_key, selects
from readylb.model import Pod, Service
from readylb.model.meta import ObjectMeta
from readylb.model.service import ServicePort, ServiceSpec


def service(**spec: object) -> Service:
    return Service(metadata=ObjectMeta(name="web", namespace="team"), spec=ServiceSpec(**spec))


def test_a_port_is_called_by_namespace_service_and_number() -> None:
    assert port_key(service(), ServicePort(port=80, name="http")) == "team/web:80"


@pytest.mark.parametrize(
    ("spec", "served"), [({}, True), ({"cluster_ip": "None"}, False), ({"type": "ExternalName"}, False)]
)
def test_only_what_has_an_address_of_its_own_is_served(spec: dict[str, object], served: bool) -> None:
    assert is_served(service(**spec)) is served


def test_pods_are_selected_by_all_labels_and_never_without_a_selector() -> None:
    pod = Pod(metadata=ObjectMeta(name="a", labels={"app": "web", "tier": "front"}))
    assert selects(service(selector={"app": "web"}), pod)
    assert not selects(service(selector={"app": "web", "tier": "back"}), pod)
    assert not selects(service(), pod)
