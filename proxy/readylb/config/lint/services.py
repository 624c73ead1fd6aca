"""What Services and the pods behind them probably do not mean together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from readylb.config.lint.finding import Finding, Findings
from readylb.config.pod_specs import FoundPodSpec
from readylb.model import Service
from readylb.model.container import Container, ContainerPort

_TCP_ONLY = "a port that accepts connections passes, whatever HTTP would answer (ask by httpGet)"


def lint_traffic(found: FoundPodSpec, services: Sequence[Service]) -> Findings:
    """Yield what is odd about pods that get traffic of `services`."""
    served = [item for item in services if _sends_to(item, found)]
    if not served:
        return
    long_running = [(path, item) for path, item in found.containers if item in found.spec.long_running]
    if not any(item.readiness_probe or item.startup_probe for _, item in long_running):
        name = served[0].metadata.name
        yield Finding(
            f"{found.path}.containers[0]",
            f"service/{name} sends it requests from the moment its process starts, and while it hangs: "
            "nothing asks whether it can serve (add a readinessProbe)",
        )
    for path, container in long_running:
        probe = container.readiness_probe
        if probe is None or probe.tcp_socket is None:
            continue
        port = _declared(container, probe.tcp_socket.port)
        reason = _speaks_http(container, port, served) if port else ""
        if reason:
            yield Finding(f"{path}.readinessProbe.tcpSocket", f"{reason}: {_TCP_ONLY}")


def _sends_to(service: Service, found: FoundPodSpec) -> bool:
    spec = service.spec
    selects = bool(spec.selector) and spec.selector.items() <= found.metadata.labels.items()
    return selects and spec.type != "ExternalName" and not spec.publish_not_ready_addresses


def _declared(container: Container, port: int | str) -> ContainerPort | None:
    return next((item for item in container.ports if port in {item.name, item.container_port}), None)


def _speaks_http(container: Container, port: ContainerPort, served: Sequence[Service]) -> str:
    """Return how the file says that a container port speaks HTTP; nothing if it does not."""
    names = {port.container_port, port.name} - {""}
    for service in served:
        for item in service.spec.ports:
            if item.app_protocol == "http" and (item.target_port or item.port) in names:
                return f"service/{service.metadata.name} says that this port speaks HTTP"
    for action in _asked_by_http(container):
        if action in names:
            return "another probe asks the same port by HTTP"
    return ""


def _asked_by_http(container: Container) -> Iterator[int | str]:
    for probe in (container.liveness_probe, container.startup_probe):
        if probe is not None and probe.http_get is not None:
            yield probe.http_get.port
