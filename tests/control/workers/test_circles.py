from __future__ import annotations

import socket

import pytest

from readylb.control.workers.circles import reason, sentence, without_circles
from readylb.control.workers.service_port import ServicePortState
from readylb.wire.messages import Address, EndpointEntry, SetEndpoints, SetService


def entry(host: str, port: int, *, ready: bool = True) -> EndpointEntry:
    return EndpointEntry(
        f"{host}:{port}", f"at-{port}", host, port, ready=ready, serving=ready, terminating=False
    )


def port(
    name: str, listen: tuple[str, int], *endpoints: EndpointEntry, local: int | None = 1
) -> ServicePortState:
    key = f"default/{name}:80"
    return ServicePortState(
        key,
        ("default", name),
        80,
        settings=SetService(key, name, (Address(*listen),)),
        endpoints=SetEndpoints(key, 1, endpoints),
        local_port=local,
    )


def cut(mine: ServicePortState, *others: ServicePortState) -> list[str]:
    """The endpoints of `mine` that get no traffic."""
    assert mine.endpoints is not None
    ports = {state.key: state for state in (mine, *others)}
    found = mine.endpoints.endpoints
    kept = without_circles(found, mine, ports)
    return [old.name for old, new in zip(found, kept, strict=True) if old.ready and not new.ready]


HERE = ("127.0.0.1", 8080)


def test_an_endpoint_that_is_its_own_service_gets_nothing() -> None:
    assert cut(port("web", HERE, entry(*HERE), entry("127.0.0.1", 8081))) == ["at-8080"]


def test_another_host_or_port_is_nobody_of_ours() -> None:
    assert cut(port("web", HERE, entry("127.0.0.2", 8080), entry("192.0.2.1", 8080))) == []


def test_behind_a_wildcard_every_address_of_this_machine_is_ours() -> None:
    found = [entry("127.0.0.7", 8080), entry("192.0.2.1", 8080), entry("::1", 8080)]
    assert cut(port("web", ("0.0.0.0", 8080), *found)) == ["at-8080"]


def test_so_is_the_local_end_behind_the_other_wildcard() -> None:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine knows no IPv6")
    assert cut(port("web", ("::", 8080), entry("::1", 8080))) == ["at-8080"]


def test_a_port_that_somebody_else_listens_on_is_not_ours() -> None:
    assert cut(port("web", HERE, entry(*HERE), local=None)) == []


def test_any_port_is_the_one_that_was_found() -> None:
    assert cut(port("web", ("127.0.0.1", 0), entry("127.0.0.1", 40123), local=40123)) == ["at-40123"]


def test_a_service_may_be_the_endpoint_of_another_but_not_of_itself_through_others() -> None:
    front = port("front", ("127.0.0.1", 1), entry("127.0.0.1", 2))
    middle = port("middle", ("127.0.0.1", 2), entry("127.0.0.1", 3))
    back = port("back", ("127.0.0.1", 3), entry("127.0.0.1", 9999))
    assert cut(front, middle, back) == []
    closing = port("back", ("127.0.0.1", 3), entry("127.0.0.1", 1))
    assert cut(closing, front, middle) == ["at-1"]


def test_what_has_no_traffic_closes_no_circle() -> None:
    idle = port("front", ("127.0.0.1", 1), entry("127.0.0.1", 2, ready=False))
    assert cut(port("back", ("127.0.0.1", 2), entry("127.0.0.1", 1)), idle) == []


def test_operators_are_told_what_to_do_and_clients_why() -> None:
    text = sentence(entry(*HERE), "web", 80)
    assert "readylb itself listens on 127.0.0.1:8080" in text
    assert "--publish web:80=8081" in text
    assert reason(["b", "a"]) == "no Ready endpoint: a, b leads back to readylb itself"
