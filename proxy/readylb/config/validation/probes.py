"""Rules of probes (validateProbe, validateLivenessProbe, ...): §handler, numbers, then per kind."""

from __future__ import annotations

from readylb.config.validation import names
from readylb.config.validation.errors import (
    Errors,
    choice,
    forbidden,
    invalid,
    not_negative,
    required,
)
from readylb.model.container import Container, probes_of
from readylb.model.probe import HTTPGetAction, Probe, ProbeKind

_SCHEMES = ("HTTP", "HTTPS")


def validate_probes(path: str, container: Container) -> Errors:
    """Yield what is wrong with the probes of the container at `path`, in Kubernetes' order."""
    probes = probes_of(container)
    for kind in (ProbeKind.LIVENESS, ProbeKind.READINESS, ProbeKind.STARTUP):
        if kind in probes:
            yield from validate_probe(f"{path}.{kind.lower()}Probe", probes[kind], kind)


def validate_probe(path: str, probe: Probe, kind: ProbeKind) -> Errors:
    """Yield what is wrong with one probe. Defaults have been filled in."""
    yield from _handler(path, probe)
    yield from not_negative(f"{path}.initialDelaySeconds", probe.initial_delay_seconds)
    yield from not_negative(f"{path}.timeoutSeconds", probe.timeout_seconds)
    yield from not_negative(f"{path}.periodSeconds", probe.period_seconds)
    yield from not_negative(f"{path}.successThreshold", probe.success_threshold)
    yield from not_negative(f"{path}.failureThreshold", probe.failure_threshold)
    grace = probe.termination_grace_period_seconds
    grace_path = f"{path}.terminationGracePeriodSeconds"
    if grace is not None and grace <= 0:
        yield invalid(grace_path, grace, "must be greater than 0")
    if kind is ProbeKind.READINESS:
        if grace is not None:
            yield invalid(grace_path, grace, "must not be set for readinessProbes")
    elif probe.success_threshold != 1:
        yield invalid(f"{path}.successThreshold", probe.success_threshold, "must be 1")


def _handler(path: str, probe: Probe) -> Errors:
    handlers = {
        "exec": probe.exec,
        "httpGet": probe.http_get,
        "tcpSocket": probe.tcp_socket,
        "grpc": probe.grpc,
    }
    chosen = [name for name, handler in handlers.items() if handler is not None]
    if not chosen:
        yield required(path, "must specify a handler type")
    for name in chosen[1:]:
        yield forbidden(f"{path}.{name}", "may not specify more than 1 handler type")
    first = chosen[0] if chosen else ""
    if first == "exec" and probe.exec is not None and not probe.exec.command:
        yield required(f"{path}.exec.command")
    elif first == "httpGet" and probe.http_get is not None:
        yield from validate_http_get(f"{path}.httpGet", probe.http_get)
    elif first == "tcpSocket" and probe.tcp_socket is not None:
        yield from names.port(f"{path}.tcpSocket.port", probe.tcp_socket.port)
    elif first == "grpc" and probe.grpc is not None:
        yield from names.port(f"{path}.grpc.port", probe.grpc.port)


def validate_http_get(path: str, action: HTTPGetAction) -> Errors:
    """Yield what is wrong with a URL that is asked for, by a probe or by a hook."""
    yield from names.port(f"{path}.port", action.port)
    yield from choice(f"{path}.scheme", action.scheme, _SCHEMES)
    for header in action.http_headers:
        details = names.header_name(header.name)
        yield from (invalid(f"{path}.httpHeaders", header.name, detail) for detail in details)
