from __future__ import annotations

import pytest

from readylb.config.knobs import check_annotations, check_period
from readylb.core.probe_period import PROBE_PERIOD
from readylb.model.container import Container
from readylb.model.pod import PodSpec
from readylb.model.probe import Probe


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("readylb.io/command", "python3 app.py"),
        ("readylb.io/command.web", '["python3", "app.py"]'),
        ("readylb.io/endpoint", "127.0.0.1:8081"),
        ("readylb.io/restart", '{"exec": {"command": ["systemctl", "restart", "web"]}}'),
        ("readylb.io/limit-head-seconds", "2.5"),
        ("readylb.io/bind", "0.0.0.0"),
        ("readylb.io/balancer", "round_robin"),
        ("readylb.io/trusted-proxies", "10.0.0.0/8, ::1"),
        ("readylb.io/balancer", "ring_hash"),
        ("readylb.io/hash-on", "header:X-User"),
        ("readylb.io/weight", "3"),
        ("readylb.io/proxy-protocol", "accept"),
        ("readylb.io/send-proxy", "v1"),
        ("readylb.io/detect-timeout-ms", "250"),
        ("readylb.io/hold-seconds", "30"),
        ("readylb.io/drained", "true"),
        ("readylb.io/probe-period-milliseconds", "50"),
        ("readylb.io/server-first-ports", ""),
        ("readylb.io/endpoint", "unix:/run/web.sock"),
        ("other.io/thing", "x"),
    ],
)
def test_what_can_be_honoured_is_accepted(name, value):
    assert list(check_annotations({name: value})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("readylb.io/command", "'unfinished"),
        ("readylb.io/drained", "yes"),
        ("readylb.io/probe-period-milliseconds", "49"),
        ("readylb.io/probe-period-milliseconds", "0.25"),
        ("readylb.io/command", ""),
        ("readylb.io/command.web", "[1]"),
        ("readylb.io/command", "[" * 100_000),
        ("readylb.io/endpoint", "8081"),
        ("readylb.io/restart", "systemctl restart web"),
        ("readylb.io/restart", '{"exec": {"command": []}}'),
        ("readylb.io/restart", "[" * 100_000),
        ("readylb.io/restart", '{"pray": {}}'),
        ("readylb.io/restart", '{"exec": 1}'),
        ("readylb.io/limit-head-seconds", "0"),
        ("readylb.io/limit-hope", "1"),
        ("readylb.io/bind", "everywhere"),
        ("readylb.io/balancer", "least_conn"),
        ("readylb.io/hash-on", "referer"),
        ("readylb.io/weight", "0"),
        ("readylb.io/endpoint", "unix:web.sock"),
        ("readylb.io/trusted-proxies", "10.0.0.0/8,,"),
    ],
)
def test_what_cannot_be_honoured_is_refused(name, value):
    ((found, message),) = check_annotations({name: value})
    assert found == name
    assert message.startswith("Invalid value: ")


def test_an_annotation_that_readylb_does_not_know_is_named():
    assert list(check_annotations({"readylb.io/balancr": "x"})) == [
        (
            "readylb.io/balancr",
            'unknown annotation "readylb.io/balancr" (did you mean "readylb.io/balancer"?)',
        )
    ]


def test_a_disruption_budget_is_one_of_two():
    name = "readylb.io/disruption-budget"
    assert list(check_annotations({name: "none"})) == list(check_annotations({name: "last-ready"})) == []
    ((_, wrong),) = check_annotations({name: "some"})
    assert wrong == 'Invalid value: "some": supported values: "last-ready", "none"'


@pytest.mark.parametrize(
    ("text", "periods", "wrong"),
    [
        ("500", (1, 5), ""),
        ("1000", (5, 1), "must be less than periodSeconds (1) of the readinessProbe"),
        ("500", (), "it is the period of a readinessProbe, and there is none"),
        ("5", (1,), ""),  # which has been told
    ],
)
def test_a_probe_period_goes_with_every_readiness_probe_of_the_pod(text, periods, wrong):
    containers = tuple(
        Container(name=f"c{number}", readiness_probe=Probe(period_seconds=seconds))
        for number, seconds in enumerate(periods)
    )
    found = list(check_period({PROBE_PERIOD: text}, PodSpec(containers=(*containers, Container(name="x")))))
    assert found == ([(PROBE_PERIOD, f'Invalid value: "{text}": {wrong}')] if wrong else [])
