from __future__ import annotations

import pytest

from readylb.control.workers.service_settings import ServiceSettings, protocol_of, read_settings
from readylb.model import Service
from readylb.model.meta import ObjectMeta
from readylb.model.service import ServicePort, ServiceSpec
from readylb.wire.messages import Limits


def read(port: ServicePort | None = None, **annotations: str) -> ServiceSettings:
    named = {f"readylb.io/{name.replace('_', '-')}": value for name, value in annotations.items()}
    ports = (port or ServicePort(port=80),)
    service = Service(metadata=ObjectMeta(name="web", annotations=named), spec=ServiceSpec(ports=ports))
    return read_settings(service, "127.0.0.1")


def test_a_plain_service_has_the_defaults() -> None:
    assert read() == ServiceSettings("127.0.0.1", "round_robin", Limits())


@pytest.mark.parametrize(
    ("app_protocol", "protocol"),
    [
        ("", "http"),
        ("http", "http"),
        ("HTTP", "http"),
        ("kubernetes.io/ws", "http"),
        ("tcp", "tcp"),
        ("https", "tcp"),
        ("kubernetes.io/h2c", "tcp"),
        ("redis", "tcp"),
    ],
)
def test_the_app_protocol_says_how_a_port_is_served(app_protocol: str, protocol: str) -> None:
    assert protocol_of(ServicePort(port=80, app_protocol=app_protocol)) == protocol


def test_limits_are_read_by_name() -> None:
    settings = read(limit_idle_seconds="0.5", limit_header_fields="7")
    assert (settings.limits.idle_seconds, settings.limits.header_fields) == (0.5, 7)
    assert settings.problems == ()


@pytest.mark.parametrize(
    ("annotation", "value", "words"),
    [
        ("bind", "everywhere", "must be an IP address"),
        ("balancer", "by_moon", "there is no such policy"),
        ("trusted_proxies", "10.0.0.0/8, nowhere", "'nowhere' is neither an address nor a network"),
        ("limit_no_such", "1", "there is no limit 'no-such'"),
    ],
)
def test_what_cannot_be_honoured_is_a_problem_and_the_default_is_used(
    annotation: str, value: str, words: str
) -> None:
    settings = read(**{annotation: value})
    ((reason, message),) = settings.problems
    assert reason == "InvalidAnnotation"
    assert f"annotation readylb.io/{annotation.replace('_', '-')}: " in message
    assert words in message
    assert (settings.bind, settings.policy, settings.limits) == ("127.0.0.1", "round_robin", Limits())


def test_an_unknown_app_protocol_is_a_problem() -> None:
    assert [reason for reason, _ in read(ServicePort(port=80, app_protocol="redis")).problems] == [
        "UnknownAppProtocol"
    ]
