"""Short forms to what they stand for: a Service, and its pods or the Deployment that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from readylb.config import knobs
from readylb.config.addresses import format_address
from readylb.config.defaults import default_probe, defaulted
from readylb.config.restart_hooks import hook_text
from readylb.core.probe_period import PROBE_PERIOD
from readylb.core.traffic import PROBE_SEND_PROXY, WEIGHT
from readylb.model import Deployment, Object, Pod, Service
from readylb.model.container import Container, ContainerPort, EnvVar
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.probe import Probe
from readylb.model.restart import RestartHooks
from readylb.model.service import ServicePort, ServiceSpec, SessionAffinityConfig
from readylb.model.workload import DeploymentSpec, LabelSelector

#: The name of the one port of each pod, which probes and the Service refer to.
PORT_NAME = "http"
#: The port that a replica is declared to have where none is said; what it binds is `$(PORT)`.
CONTAINER_PORT = 8080
#: Where the images of commands are said to be: every container needs one (podman's name for local ones).
LOCAL_IMAGES = "localhost"


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes of every pod of a service; readiness is asked each `period_milliseconds`, if not 0.

    They begin with the PROXY protocol where `send_proxy` (`v1`, `v2`) is said.
    """

    readiness: Probe | None = None
    liveness: Probe | None = None
    startup: Probe | None = None
    period_milliseconds: int = 0
    send_proxy: str = ""

    @property
    def annotations(self) -> dict[str, str]:
        """What a pod says of them beside its containers."""
        period = str(self.period_milliseconds or "")
        notes = {PROBE_PERIOD: period, PROBE_SEND_PROXY: self.send_proxy}
        return {name: text for name, text in notes.items() if text}


@dataclass(frozen=True, slots=True)
class Front:
    """The side that clients see: name, port, protocol (`http`, `tcp`, `auto` or ""), annotations.

    With `affinity` a client stays with an endpoint; with `source_ranges` only these are served.
    """

    name: str
    port: int
    protocol: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    affinity: SessionAffinityConfig | None = None
    source_ranges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an endpoint that runs already is reached, and the weight it has (0: the usual one)."""

    host: str
    port: int
    weight: int = 0


@dataclass(frozen=True, slots=True)
class LocalCommand:
    """What a replica runs, with which environment, and the port it is declared to have."""

    words: Sequence[str]
    env: Sequence[EnvVar] = ()
    port: int = CONTAINER_PORT


def endpoint_objects(
    front: Front,
    places: Sequence[Place],
    probes: Probes,
    restart: RestartHooks | None = None,
) -> tuple[Object, ...]:
    """Return the Service and one external pod for each place."""
    pods = (_endpoint_pod(front.name, index, place, probes, restart) for index, place in enumerate(places))
    return (_service(front), *pods)


def replica_objects(front: Front, count: int, command: LocalCommand, probes: Probes) -> tuple[Object, ...]:
    """Return the Service and the Deployment that keeps `count` pods of `command`."""
    container = replace(
        _container(front.name, command.port, probes),
        image=f"{LOCAL_IMAGES}/{front.name}",
        command=tuple(command.words),
        env=tuple(command.env),
    )
    labels = {"app": front.name}
    meta = ObjectMeta(labels=labels, annotations=probes.annotations)
    template = PodTemplateSpec(metadata=meta, spec=PodSpec(containers=(container,)))
    spec = DeploymentSpec(replicas=count, selector=LabelSelector(match_labels=labels), template=template)
    deployment = Deployment(metadata=ObjectMeta(name=front.name, labels=labels), spec=spec)
    return (_service(front), defaulted(deployment))


def complete_probe(probe: Probe) -> Probe:
    """Return the probe with defaults; one that names no port asks the pod's only one."""
    http_get, tcp_socket = probe.http_get, probe.tcp_socket
    return default_probe(
        replace(
            probe,
            http_get=http_get and replace(http_get, port=http_get.port or PORT_NAME),
            tcp_socket=tcp_socket and replace(tcp_socket, port=tcp_socket.port or PORT_NAME),
        )
    )


def _service(front: Front) -> Object:
    labels = {"app": front.name}
    port = ServicePort(name=PORT_NAME, port=front.port, target_port=PORT_NAME, app_protocol=front.protocol)
    return defaulted(
        Service(
            metadata=ObjectMeta(name=front.name, labels=labels, annotations=front.annotations),
            spec=ServiceSpec(
                type="LoadBalancer",
                selector=labels,
                ports=(port,),
                session_affinity="ClientIP" if front.affinity else "None",
                session_affinity_config=front.affinity,
                load_balancer_source_ranges=front.source_ranges,
            ),
        )
    )


def _endpoint_pod(
    name: str, index: int, place: Place, probes: Probes, restart: RestartHooks | None
) -> Object:
    notes = {knobs.ENDPOINT: format_address(place.host, place.port), **probes.annotations}
    if place.weight:
        notes[WEIGHT] = str(place.weight)
    if restart:
        notes[knobs.RESTART] = hook_text(restart)
    meta = ObjectMeta(name=f"{name}-{index}", labels={"app": name}, annotations=notes)
    container = _container(name, place.port or CONTAINER_PORT, probes)
    spec = PodSpec(containers=(container,), runtime_class_name=knobs.EXTERNAL)
    return defaulted(Pod(metadata=meta, spec=spec))


def _container(name: str, port: int, probes: Probes) -> Container:
    return Container(
        name=name,
        ports=(ContainerPort(container_port=port, name=PORT_NAME),),
        startup_probe=probes.startup and complete_probe(probes.startup),
        liveness_probe=probes.liveness and complete_probe(probes.liveness),
        readiness_probe=probes.readiness and complete_probe(probes.readiness),
    )
