from __future__ import annotations

import pytest

from readylb.control.workers.service_settings import ServiceSettings, read_settings
from readylb.model import Service
from readylb.model.meta import ObjectMeta
from readylb.model.service import ClientIPConfig, ServicePort, ServiceSpec, SessionAffinityConfig
from readylb.wire.messages import Limits, SetService


def read(port: ServicePort | None = None, **annotations: str) -> ServiceSettings:
    named = {f"readylb.io/{name.replace('_', '-')}": value for name, value in annotations.items()}
    ports = (port or ServicePort(port=80),)
    service = Service(metadata=ObjectMeta(name="web", annotations=named), spec=ServiceSpec(ports=ports))
    return read_settings(service, "127.0.0.1")


def test_a_plain_service_has_the_defaults() -> None:
    assert read() == ServiceSettings("127.0.0.1", "round_robin", Limits())


def test_traffic_is_carried_as_annotations_say() -> None:
    settings = read(
        balancer="ring_hash",
        hash_on="header:X-User",
        proxy_protocol="require",
        send_proxy="v2",
        detect_timeout_ms="250",
        server_first_ports="2525",
        trusted_proxies="10.0.0.0/8",
    )
    assert settings.problems == ()
    message = settings.message("key", Service(metadata=ObjectMeta(name="web")), (), "auto")
    assert message == SetService(
        key="key",
        name="default/web",
        listen=(),
        protocol="auto",
        policy="ring_hash",
        hash_on="header:X-User",
        proxy_protocol="require",
        send_proxy=2,
        detect_seconds=0.25,
        trusted_proxies=("10.0.0.0/8",),
    )
    assert settings.server_first == {2525}


def test_who_is_served_and_kept_is_told() -> None:
    spec = ServiceSpec(
        session_affinity="ClientIP",
        session_affinity_config=SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=60)),
        load_balancer_source_ranges=(" 10.0.0.0/8 ",),
    )
    message = read().message("key", Service(metadata=ObjectMeta(name="web"), spec=spec), (), "http")
    assert (message.affinity_seconds, message.source_ranges) == (60, ("10.0.0.0/8",))


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
        ("hash_on", "referer", "must be client-ip, header:NAME, cookie:NAME or uri"),
        ("send_proxy", "v3", "must be v1 or v2"),
        ("detect_timeout_ms", "never", "must be a whole number"),
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
