"""Stories of kubernetes.md section 1.1, which follow pkg/apis/core/validation/validation_test.go."""

from __future__ import annotations

import dataclasses

import pytest

from readylb.config.validation.probes import validate_probe, validate_probes
from readylb.model.container import Container
from readylb.model.probe import (
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    HTTPHeader,
    Probe,
    ProbeKind,
    TCPSocketAction,
)

EXEC = Probe(exec=ExecAction(command=("x",)))
NEGATIVE = dataclasses.replace(
    EXEC,
    initial_delay_seconds=-1,
    timeout_seconds=-1,
    period_seconds=-1,
    success_threshold=-1,
    failure_threshold=-1,
    termination_grace_period_seconds=-1,
)


def errors(probe, kind=ProbeKind.READINESS):
    return [str(error) for error in validate_probe("p", probe, kind)]


@pytest.mark.parametrize("kind", ProbeKind)
def test_a_plain_probe_is_valid(kind):
    assert errors(EXEC, kind) == []


def test_a_probe_needs_a_handler():
    assert errors(Probe()) == ["p: Required value: must specify a handler type"]


def test_a_probe_has_one_handler():
    probe = Probe(exec=EXEC.exec, http_get=HTTPGetAction(port=80), tcp_socket=TCPSocketAction(port=80))
    assert errors(probe) == [
        "p.httpGet: Forbidden: may not specify more than 1 handler type",
        "p.tcpSocket: Forbidden: may not specify more than 1 handler type",
    ]


def test_exec_needs_a_command():
    assert errors(Probe(exec=ExecAction())) == ["p.exec.command: Required value"]


@pytest.mark.parametrize("kind", ProbeKind)
def test_a_probe_of_negative_numbers_has_seven_errors(kind):
    assert len(errors(NEGATIVE, kind)) == 7


def test_errors_come_in_kubernetes_order():
    assert errors(NEGATIVE, ProbeKind.LIVENESS) == [
        "p.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0",
        "p.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0",
        "p.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
        "p.successThreshold: Invalid value: -1: must be greater than or equal to 0",
        "p.failureThreshold: Invalid value: -1: must be greater than or equal to 0",
        "p.terminationGracePeriodSeconds: Invalid value: -1: must be greater than 0",
        "p.successThreshold: Invalid value: -1: must be 1",
    ]


@pytest.mark.parametrize("kind", [ProbeKind.LIVENESS, ProbeKind.STARTUP])
def test_one_success_is_enough_for_liveness_and_startup(kind):
    probe = dataclasses.replace(EXEC, success_threshold=2)
    assert errors(probe, kind) == ["p.successThreshold: Invalid value: 2: must be 1"]
    assert errors(probe) == []


def test_readiness_has_no_grace():
    probe = dataclasses.replace(EXEC, termination_grace_period_seconds=10)
    assert errors(probe) == [
        "p.terminationGracePeriodSeconds: Invalid value: 10: must not be set for readinessProbes"
    ]
    assert errors(probe, ProbeKind.LIVENESS) == []


def test_a_grace_of_zero_is_refused():
    probe = dataclasses.replace(EXEC, termination_grace_period_seconds=0)
    assert errors(probe, ProbeKind.STARTUP) == [
        "p.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0"
    ]


@pytest.mark.parametrize("name", ["http_get", "tcp_socket", "grpc"])
def test_ports_have_bounds(name):
    action = {"http_get": HTTPGetAction, "tcp_socket": TCPSocketAction, "grpc": GRPCAction}[name](port=65536)
    (error,) = errors(Probe(**{name: action}))
    assert error.endswith(".port: Invalid value: 65536: must be between 1 and 65535, inclusive")


def test_a_port_may_be_a_name_that_no_container_has():
    assert errors(Probe(http_get=HTTPGetAction(port="nowhere"))) == []


def test_the_scheme_is_upper_case():
    probe = Probe(http_get=HTTPGetAction(port=80, scheme="http"))
    assert errors(probe) == ['p.httpGet.scheme: Unsupported value: "http": supported values: "HTTP", "HTTPS"']


def test_header_names_have_a_charset():
    headers = (HTTPHeader(name="X_Y"), HTTPHeader(name="X-Y"), HTTPHeader(name="X-Y", value="\x00"))
    assert errors(Probe(http_get=HTTPGetAction(port=80, http_headers=headers))) == [
        (
            'p.httpGet.httpHeaders: Invalid value: "X_Y": a valid HTTP header must consist of alphanumeric'
            " characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
        )
    ]


def test_every_probe_of_a_container_is_checked():
    container = Container(name="a", startup_probe=Probe(), liveness_probe=Probe(), readiness_probe=Probe())
    assert [error.path for error in validate_probes("c", container)] == [
        "c.livenessProbe",
        "c.readinessProbe",
        "c.startupProbe",
    ]
