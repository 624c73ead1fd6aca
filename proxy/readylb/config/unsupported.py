"""Values of fields that the model has, but that this program cannot honour (yet).

Like `known_fields`, for what only the value tells: refused where leaving it out of account would change
who is served or when a replica is restarted, else a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from readylb.config.knobs import BALANCER, ENDPOINT, EXTERNAL, RESTART, TRUSTED_PROXIES
from readylb.config.pod_specs import containers, pod_spec
from readylb.config.problems import quote
from readylb.core.traffic import HASH_ON, PROXY_PROTOCOL, SLOW_START, slow_start_conflict
from readylb.model import Object, Service
from readylb.model.container import Container, probes_of
from readylb.model.lifecycle import LifecycleHandler
from readylb.model.pod import PodSpec

#: What is said about a grpc probe where grpcio is not installed.
GRPC = "grpc probes need an optional part of readylb: pip install 'readylb[grpc]'"


def can_ask_grpc() -> bool:
    """Say whether the extra `grpc` is installed."""
    return find_spec("grpc") is not None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not honoured, where. `refused`: it must be put right."""

    path: str
    message: str
    refused: bool


def unsupported(item: Object) -> Iterator[Finding]:
    """Yield what cannot be honoured in an object."""
    if isinstance(item, Service):
        yield from _service(item)
    elif (found := pod_spec(item)) is not None:
        yield from _pod(found.spec, found.path)
        if found.spec.runtime_class_name == EXTERNAL and ENDPOINT not in found.metadata.annotations:
            message = f"the annotation {ENDPOINT} must say where the endpoint is (HOST:PORT)"
            yield Finding(f"{found.path}.runtimeClassName", message, True)
        if found.spec.runtime_class_name != EXTERNAL and RESTART in found.metadata.annotations:
            message = (
                f"has no effect: readylb restarts what it runs (this is for runtimeClassName: {EXTERNAL})"
            )
            path = f"{found.path.removesuffix('spec')}metadata.annotations[{RESTART}]"
            yield Finding(path, message, True)


def _service(item: Service) -> Iterator[Finding]:
    spec = item.spec
    if spec.type == "ExternalName":
        yield Finding(
            "spec.type", "not supported yet: ExternalName (it is a DNS alias, nothing to balance)", True
        )
    for index, port in enumerate(spec.ports):
        if port.protocol in {"UDP", "SCTP"}:
            path = f"spec.ports[{index}].protocol"
            yield Finding(path, f"not supported yet: {port.protocol} (TCP is)", True)
    notes = item.metadata.annotations
    if PROXY_PROTOCOL in notes and TRUSTED_PROXIES not in notes:
        message = f"nobody may send it: the annotation {TRUSTED_PROXIES} must say whose word is believed"
        yield Finding(f"metadata.annotations[{PROXY_PROTOCOL}]", message, True)
    if HASH_ON in notes and notes.get(BALANCER) != "ring_hash":
        message = f"has no effect: it is the key of the balancer ring_hash (annotation {BALANCER})"
        yield Finding(f"metadata.annotations[{HASH_ON}]", message, True)
    why = slow_start_conflict(notes.get(BALANCER, ""), spec.session_affinity)
    if why and notes.get(SLOW_START, "0") != "0":
        yield Finding(f"metadata.annotations[{SLOW_START}]", why, True)
    if spec.external_ips:
        yield Finding("spec.externalIPs", "ignored: say where to listen with --bind", False)


def _pod(spec: PodSpec, path: str) -> Iterator[Finding]:
    if spec.runtime_class_name not in {"", EXTERNAL}:
        message = f"not supported: there is no runtime {quote(spec.runtime_class_name)} here (leave it out)"
        yield Finding(f"{path}.runtimeClassName", message, True)
    for below, container in containers(path, spec):
        yield from _container(container, below)


def _container(container: Container, path: str) -> Iterator[Finding]:
    for kind, probe in probes_of(container).items():
        if probe.grpc is not None and not can_ask_grpc():
            below = f"{path}.{kind.lower()}Probe.grpc"
            yield Finding(below, GRPC, True)
    for name, hook in _hooks(container):
        if hook.tcp_socket is not None:
            message = "a tcpSocket hook fails in every cluster: use exec, httpGet or sleep"
            yield Finding(f"{path}.lifecycle.{name}.tcpSocket", message, True)
    for name, value, default in (
        ("terminationMessagePath", container.termination_message_path, "/dev/termination-log"),
        ("terminationMessagePolicy", container.termination_message_policy, "File"),
    ):
        if value not in {"", default}:
            message = "ignored: no termination message is read (`readylb logs --previous` has the last words)"
            yield Finding(f"{path}.{name}", message, False)


def _hooks(container: Container) -> Iterator[tuple[str, LifecycleHandler]]:
    lifecycle = container.lifecycle
    if lifecycle is not None and lifecycle.post_start is not None:
        yield "postStart", lifecycle.post_start
    if lifecycle is not None and lifecycle.pre_stop is not None:
        yield "preStop", lifecycle.pre_stop
