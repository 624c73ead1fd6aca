"""The quick forms of `up`: what the options of a command line stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from readylb.config.addresses import parse_address
from readylb.config.assembly import (
    Front,
    LocalCommand,
    Place,
    Probes,
    complete_probe,
    endpoint_objects,
    replica_objects,
)
from readylb.config.problems import Loaded, plain
from readylb.config.validation import names
from readylb.config.validation.probes import validate_probe
from readylb.core import container_command
from readylb.core.capacity import first_beyond
from readylb.errors import UsageError
from readylb.model.probe import ExecAction, HTTPGetAction, Probe, ProbeKind, TCPSocketAction

#: The probes of a quick form: readiness, liveness, startup.
QuickProbes = Probes

#: What differs from Kubernetes' defaults when a probe is said in one word: at a terminal ten seconds are
#: long, so readiness and startup ask each second; a start may still take 30 s, as by default.
_QUICK_TIMES = {  # period in seconds, failures in a row
    ProbeKind.READINESS: (1, 3),
    ProbeKind.STARTUP: (1, 30),
    ProbeKind.LIVENESS: (10, 3),
}

_HTTP = re.compile(r"http(?::(?P<port>[^/]*))?(?P<path>/.*)?", re.DOTALL)
_FORMS = "http:/PATH, http:PORT/PATH, tcp, tcp:PORT or exec:COMMAND"


def backends(name: str, port: int, addresses: Sequence[str], probes: QuickProbes) -> Loaded:
    """Return a Service in front of endpoints that run already (`HOST:PORT` or `unix:/PATH`). UsageError."""
    _check_front(name, port)
    if not addresses:
        msg = "cannot balance: no endpoint is given (name at least one: --backend HOST:PORT)"
        raise UsageError(msg)
    parsed: list[Place] = []
    for text in addresses:
        try:
            address = Place(*parse_address(text))
        except ValueError as error:
            msg = f"cannot read --backend {plain(text)}: {error}"
            raise UsageError(msg) from error
        if address in parsed:
            msg = f"cannot use --backend {plain(text)} twice (name each endpoint once)"
            raise UsageError(msg)
        parsed.append(address)
    return Loaded(endpoint_objects(Front(name, port), parsed, probes))


def replicas(name: str, port: int, count: int, command: Sequence[str], probes: QuickProbes) -> Loaded:
    """Return a Service in front of `count` replicas of a command. UsageError."""
    _check_front(name, port)
    if count < 0:
        msg = f"cannot run {count} replicas (--replicas takes 0 or more)"
        raise UsageError(msg)
    if not command:
        msg = "cannot run replicas: no command is given (end the line with -- COMMAND)"
        raise UsageError(msg)
    objects = replica_objects(Front(name, port), count, LocalCommand(command), probes)
    if found := first_beyond(objects):
        msg = f"cannot run {count} replicas: {found[1].partition(': ')[2]}"
        raise UsageError(msg)
    return Loaded(objects)


def parse_probe(text: str, probe_kind: ProbeKind) -> Probe:
    """Return the probe that a specification such as `http:8081/readyz` stands for. UsageError."""
    kind, colon, rest = text.partition(":")
    if kind == "exec" and rest:
        probe = Probe(exec=ExecAction(command=_words(text, rest)))
    elif kind == "tcp" and (rest or not colon):
        probe = Probe(tcp_socket=TCPSocketAction(port=_port(rest)))
    elif (http := _HTTP.fullmatch(text)) is not None:
        action = HTTPGetAction(path=http["path"] or "/", port=_port(http["port"] or ""))
        probe = Probe(http_get=action)
    else:
        msg = f"cannot read probe '{plain(text)}': it is none of {_FORMS}"
        raise UsageError(msg)
    period, failures = _QUICK_TIMES[probe_kind]
    complete = replace(complete_probe(probe), period_seconds=period, failure_threshold=failures)
    for error in validate_probe("", complete, probe_kind):
        msg = f"cannot read probe '{plain(text)}': {error.message}"
        raise UsageError(msg)
    return complete


def parse_image(text: str) -> tuple[str, tuple[str, ...]]:
    """Return (image, argv) of `IMAGE=COMMAND`; the command is quoted as for a shell. UsageError."""
    image, equals, command = text.partition("=")
    try:
        words = container_command.split(command)
    except (ValueError, RecursionError) as error:
        msg = f"cannot read --image '{plain(text)}': {error} (quote the command as for a shell)"
        raise UsageError(msg) from error
    if not image or not equals or not words:
        example = "--image 'web:v1=python3 app.py'"
        msg = f"cannot read --image '{plain(text)}': it reads IMAGE=COMMAND, as in {example}"
        raise UsageError(msg)
    return image, words


def _check_front(name: str, port: int) -> None:
    for detail in names.dns_1035_label(name):
        msg = f"cannot name a Service '{plain(name)}': {detail}"
        raise UsageError(msg)
    for detail in names.port_number(port):
        msg = f"cannot serve port {port}: it {detail}"
        raise UsageError(msg)


def _words(text: str, command: str) -> tuple[str, ...]:
    try:
        return container_command.split(command)
    except (ValueError, RecursionError) as error:
        msg = f"cannot read probe '{plain(text)}': {error} (quote the command as for a shell)"
        raise UsageError(msg) from error


def _port(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000") else text
