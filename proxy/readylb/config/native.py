"""readylb.yaml to objects."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import suppress

from readylb.config import knobs
from readylb.config.addresses import parse_address
from readylb.config.assembly import (
    CONTAINER_PORT,
    Front,
    LocalCommand,
    Place,
    Probes,
    complete_probe,
    endpoint_objects,
    replica_objects,
)
from readylb.config.decode import Decoder
from readylb.config.manifests import Placed
from readylb.config.native_model import Command, NativeEndpoint, NativeFile, NativePort, NativeService
from readylb.config.nodes import Table, locate
from readylb.config.problems import AccessLogTarget, Report, plain, quote
from readylb.config.restart_hooks import HOOK_FIELDS, check_hooks
from readylb.config.shapes import shapes
from readylb.config.unsupported import GRPC, can_ask_grpc
from readylb.config.validation import names
from readylb.config.validation.errors import (
    Errors,
    FieldError,
    choice,
    forbidden,
    invalid,
    not_negative,
    required,
)
from readylb.config.validation.pods import validate_environment
from readylb.config.validation.probes import validate_probe
from readylb.config.validation.services import AFFINITIES, affinity_timeout
from readylb.core import container_command, traffic
from readylb.core.access_record import FORMATS
from readylb.core.isolation import RUNTIMES, Isolation
from readylb.core.limits import LIMIT_PREFIX
from readylb.core.pod_addresses import parse_range
from readylb.core.probe_period import period_conflict, read_probe_period
from readylb.model import Object
from readylb.model.container import EnvVar
from readylb.model.probe import Probe, ProbeKind
from readylb.model.service import ClientIPConfig, SessionAffinityConfig

#: What the top level of a readylb.yaml may hold.
NATIVE_KEYS = tuple(shapes(NativeFile))
PROTOCOLS = ("auto", "http", "tcp")
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


class NativeReader:
    """Reads the readylb.yaml documents of one file."""

    def __init__(self, file: str, report: Report) -> None:
        """Read what `file` holds."""
        self._file = file
        self._report = report
        self._decoder = Decoder(file, report, HOOK_FIELDS)
        #: What the last document read says of the access log.
        self.access_log: AccessLogTarget | None = None
        #: What it says of what pods share; None: nothing.
        self.isolation: Isolation | None = None

    def read(self, root: Table, images: dict[str, tuple[str, ...]]) -> Iterator[Placed]:
        """Yield the objects that the services stand for, and add what `images` maps."""
        before = len(self._report.errors)
        native = self._decoder.decode(NativeFile, root)
        undecoded = {problem.path for problem in self._report.errors[before:]}
        found = len(undecoded)
        for error in validate_native(native):
            if error.path not in undecoded:
                self._report.error(self._file, locate(root, error.path), plain(error.path), error.message)
                found += 1
        for image, command in native.images.items():
            with suppress(ValueError):  # which has been reported
                images[image] = _words(command)
        if found:
            return
        for path, message in _circles(native):
            self._report.warn(self._file, locate(root, path), plain(path), message)
        if native.access_log is not None:
            self.access_log = AccessLogTarget(native.access_log.file, native.access_log.format)
        if native.isolation:
            pod_range = parse_range(native.pod_cidr) if native.pod_cidr else None
            self.isolation = Isolation(native.isolation, pod_range)
        for name, service in native.services.items():
            for item in _objects(name, service, native.trusted_proxies):
                yield Placed(item, self._file, root, f"services.{name}")


def validate_native(native: NativeFile) -> Errors:
    """Yield what is wrong with a readylb.yaml, by its own paths."""
    for image, command in native.images.items():
        yield from _command(f"images.{image}", command)
    yield from _networks("trusted_proxies", native.trusted_proxies)
    if native.access_log is not None:
        yield from choice("accessLog.format", native.access_log.format, sorted(FORMATS))
        if not native.access_log.file:
            yield required("accessLog.file", "a path, or - for standard output")
    yield from _isolation(native)
    for name, service in native.services.items():
        yield from _service(f"services.{name}", name, service, native.trusted_proxies)


def _isolation(native: NativeFile) -> Errors:
    if native.isolation:
        yield from choice("isolation", native.isolation, RUNTIMES)
    if native.pod_cidr and native.isolation != "namespaces":
        yield forbidden("podCIDR", "pods have addresses of their own with isolation: namespaces only")
    elif native.pod_cidr:
        try:
            parse_range(native.pod_cidr)
        except ValueError as error:
            yield invalid("podCIDR", native.pod_cidr, str(error))


def _service(path: str, name: str, service: NativeService, trusted: tuple[str, ...]) -> Errors:
    yield from (invalid(path, name, detail) for detail in names.dns_1035_label(name))
    port = _port(service)
    where = f"{path}.port" if isinstance(service.port, int) else f"{path}.port.port"
    yield from (names.port(where, port.port) if port.port else (required(where),))
    if port.protocol:
        yield from choice(f"{path}.port.protocol", port.protocol, PROTOCOLS)
    if port.bind and (wrong := knobs.check_bind(port.bind)):
        yield invalid(f"{path}.port.bind", port.bind, wrong)
    if service.balancer and (wrong := knobs.check_balancer(service.balancer)):
        yield invalid(f"{path}.balancer", service.balancer, wrong)
    yield from _networks(f"{path}.trusted_proxies", service.trusted_proxies)
    yield from _traffic(path, service, trusted)
    for limit, value in service.limits.items():
        if wrong := knobs.check_limits(LIMIT_PREFIX + limit, str(value)):
            yield invalid(f"{path}.limits.{limit}", value, wrong)
    for kind in ProbeKind:
        yield from _probe(f"{path}.{kind.lower()}Probe", getattr(service, f"{kind.lower()}_probe"), kind)
    yield from _period(f"{path}.probePeriodMilliseconds", service)
    if service.endpoints and service.command:
        yield FieldError(f"{path}.command", "Forbidden: a service has endpoints or a command, not both")
    elif service.endpoints:
        yield from _endpoints(path, service)
    elif service.command:
        yield from _replicas(path, service)
    else:
        yield required(path, "endpoints (that run already) or a command (to run)")


def _traffic(path: str, service: NativeService, trusted: tuple[str, ...]) -> Errors:
    """Yield what is wrong with what `core.traffic` reads, and with who is served and kept."""
    for (key, note), text in _knobs(service).items():
        if text and (wrong := knobs.check_traffic(note, text)):
            yield invalid(f"{path}.{key}", text, wrong)
    if service.proxy_protocol and not (service.trusted_proxies or trusted):
        yield required(f"{path}.trusted_proxies", "proxyProtocol is taken from these only")
    if service.hash_on and service.balancer != "ring_hash":
        yield forbidden(f"{path}.hashOn", "it is the key of balancer: ring_hash")
    why = traffic.slow_start_conflict(service.balancer, service.session_affinity)
    if service.slow_start_seconds and why:
        yield FieldError(f"{path}.slowStartSeconds", f"Forbidden: it {why}")
    if service.session_affinity:
        yield from choice(f"{path}.sessionAffinity", service.session_affinity, AFFINITIES)
    if service.session_affinity_config:
        yield from affinity_timeout(f"{path}.sessionAffinityConfig", service.session_affinity_config)
    yield from _networks(f"{path}.sourceRanges", service.source_ranges)


def _knobs(service: NativeService) -> dict[tuple[str, str], str]:
    """Return what is written of `core.traffic`'s settings, by (key here, annotation)."""
    wait = _port(service).detect_timeout_ms
    return {
        ("hashOn", traffic.HASH_ON): service.hash_on,
        ("proxyProtocol", traffic.PROXY_PROTOCOL): service.proxy_protocol,
        ("sendProxy", traffic.SEND_PROXY): service.send_proxy,
        ("holdSeconds", traffic.HOLD): _number(service.hold_seconds),
        ("slowStartSeconds", traffic.SLOW_START): _number(service.slow_start_seconds),
        ("port.detectTimeoutMs", traffic.DETECT_TIMEOUT): _number(wait),
    }


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _endpoints(path: str, service: NativeService) -> Errors:
    seen: set[tuple[str, int]] = set()
    for index, endpoint in enumerate(service.endpoints):
        below = f"{path}.endpoints[{index}]"
        text = endpoint if isinstance(endpoint, str) else endpoint.address
        if not isinstance(endpoint, str):
            if wrong := knobs.check_traffic(traffic.WEIGHT, str(endpoint.weight)):
                yield invalid(f"{below}.weight", endpoint.weight, wrong)
            below = f"{below}.address"
        try:
            address = parse_address(text)
        except ValueError as error:
            yield invalid(below, text, str(error))
            continue
        if address in seen:
            yield FieldError(below, f"Duplicate value: {quote(text)}")
        seen.add(address)
    of_commands = {
        "replicas": service.replicas,
        "containerPort": service.container_port,
        "env": service.env or None,
    }
    for key, value in of_commands.items():
        if value is not None:
            yield FieldError(f"{path}.{key}", "Forbidden: it goes with a command that readylb runs")
    if service.restart is not None:
        yield from check_hooks(f"{path}.restart", service.restart)


def _circles(native: NativeFile) -> Iterator[tuple[str, str]]:
    """Yield where endpoints are that will be their own service, unless it is told to listen elsewhere."""
    for name, service in native.services.items():
        port = _port(service)
        hosts = _LOCAL if port.bind in {"", *_LOCAL, "0.0.0.0", "::"} else {port.bind}
        for index, endpoint in enumerate(service.endpoints):
            if (place := _place(endpoint)).port == port.port and place.host in hosts:
                otherwise = f"unless --publish {name}:{port.port}=PORT has the service listen elsewhere"
                message = f"the service itself listens there, so it gets no requests ({otherwise})"
                yield f"services.{name}.endpoints[{index}]", message


def _replicas(path: str, service: NativeService) -> Errors:
    yield from _command(f"{path}.command", service.command)
    if service.replicas is not None:
        yield from not_negative(f"{path}.replicas", service.replicas)
    if service.container_port is not None:
        details = names.port_number(service.container_port)
        yield from (invalid(f"{path}.containerPort", service.container_port, detail) for detail in details)
    if not isinstance(service.env, Mapping):
        yield from validate_environment(f"{path}.env", service.env)
    else:
        for name in service.env:
            details = names.environment_name(name)
            yield from (invalid(f"{path}.env", name, detail) for detail in details)
    if service.restart is not None:
        detail = "readylb restarts what it runs; this is for endpoints that it did not start"
        yield FieldError(f"{path}.restart", f"Forbidden: {detail}")


def _probe(path: str, probe: Probe | None, kind: ProbeKind) -> Errors:
    if probe is None:
        return
    yield from validate_probe(path, complete_probe(probe), kind)
    if probe.grpc is not None and not can_ask_grpc():
        yield FieldError(f"{path}.grpc", GRPC)


def _period(path: str, service: NativeService) -> Errors:
    milliseconds = service.probe_period_milliseconds
    if milliseconds is None:
        return
    readiness = service.readiness_probe and complete_probe(service.readiness_probe)
    try:
        why = period_conflict(read_probe_period(str(milliseconds)), readiness)
    except ValueError as error:
        why = str(error)
    if why:
        yield invalid(path, milliseconds, why)


def _command(path: str, command: Command) -> Errors:
    try:
        if not _words(command):
            yield required(path, "a command")
    except ValueError as error:
        yield invalid(path, command, f"must be a command as for a shell: {error}")


def _networks(path: str, networks: tuple[str, ...]) -> Errors:
    for index, text in enumerate(networks):
        if wrong := knobs.check_networks(text):
            yield invalid(f"{path}[{index}]", text, wrong)


def _words(command: Command) -> tuple[str, ...]:
    return container_command.split(command) if isinstance(command, str) else command


def _port(service: NativeService) -> NativePort:
    return NativePort(port=service.port) if isinstance(service.port, int) else service.port


def _objects(name: str, service: NativeService, trusted: tuple[str, ...]) -> tuple[Object, ...]:
    port = _port(service)
    notes = {
        knobs.BIND: port.bind,
        knobs.BALANCER: service.balancer,
        knobs.TRUSTED_PROXIES: ",".join(service.trusted_proxies or trusted),
        **{note: text for (_, note), text in _knobs(service).items()},
        **{LIMIT_PREFIX + limit: str(value) for limit, value in service.limits.items()},
    }
    chosen = {key: value for key, value in notes.items() if value}
    front = Front(name, port.port, port.protocol, chosen, _affinity(service), _ranges(service))
    often = service.probe_period_milliseconds or 0
    asked = service.readiness_probe, service.liveness_probe, service.startup_probe
    probes = Probes(*asked, often, service.send_proxy)
    if service.endpoints:
        places = [_place(endpoint) for endpoint in service.endpoints]
        return endpoint_objects(front, places, probes, service.restart)
    count = 1 if service.replicas is None else service.replicas
    command = LocalCommand(
        _words(service.command), _environment(service), service.container_port or CONTAINER_PORT
    )
    return replica_objects(front, count, command, probes)


def _place(endpoint: str | NativeEndpoint) -> Place:
    if isinstance(endpoint, str):
        return Place(*parse_address(endpoint))
    return Place(*parse_address(endpoint.address), endpoint.weight)


def _affinity(service: NativeService) -> SessionAffinityConfig | None:
    if service.session_affinity != "ClientIP":
        return None
    config = service.session_affinity_config
    return config if config and config.client_ip else SessionAffinityConfig(client_ip=ClientIPConfig())


def _ranges(service: NativeService) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_network(text.strip(), strict=False)) for text in service.source_ranges)


def _environment(service: NativeService) -> tuple[EnvVar, ...]:
    if isinstance(service.env, Mapping):
        return tuple(EnvVar(name=name, value=value) for name, value in service.env.items())
    return service.env
