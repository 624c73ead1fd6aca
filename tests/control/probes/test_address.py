from __future__ import annotations

import pytest
from tests.control.probes.served import ask

from readylb.control.probes.address import join, resolve
from readylb.control.probes.outcome import ProbeError
from readylb.model.probe import Probe


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("", 8080, ("127.0.0.1", 41000)),
        ("", "http", ("127.0.0.1", 41000)),
        ("localhost", "http", ("localhost", 41000)),
        ("", 9090, ("127.0.0.1", 9090)),
        ("", "9090", ("127.0.0.1", 9090)),
        ("example.com", 8080, ("example.com", 8080)),
    ],
)
def test_the_pods_own_ports_are_mapped_and_those_of_others_are_not(
    host: str, port: int | str, address: tuple[str, int]
) -> None:
    assert resolve(ask(Probe(), 41000), host, port) == address


@pytest.mark.parametrize(
    ("port", "text"),
    [
        (0, "invalid port number: 0"),
        (65536, "invalid port number: 65536"),
        ("web", 'strconv.Atoi: parsing "web": invalid syntax'),
    ],
)
def test_what_is_no_port_is_an_error(port: int | str, text: str) -> None:
    with pytest.raises(ProbeError) as caught:
        resolve(ask(Probe()), "", port)
    assert str(caught.value) == text


def test_an_ipv6_address_is_bracketed() -> None:
    assert (join("::1", 80), join("10.0.0.1", 80)) == ("[::1]:80", "10.0.0.1:80")
