"""How a Service port is served: as HTTP, as bytes, or as each connection's first bytes tell.

appProtocol decides. Without one, a port that the pods' own probes ask by plain HTTP is HTTP, strictly;
one on which servers speak first is bytes; any other is found out connection by connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from readylb.model import Pod
from readylb.model.container import Container, probes_of
from readylb.model.probe import Probe
from readylb.model.service import ServicePort

#: What appProtocol may be, in lower case, and how it is served. WebSocket begins as HTTP/1; what is
#: encrypted or HTTP/2 passes byte for byte.
PROTOCOLS = {
    "auto": "auto",
    "http": "http",
    "kubernetes.io/ws": "http",
    "tcp": "tcp",
    "https": "tcp",
    "tls": "tcp",
    "kubernetes.io/wss": "tcp",
    "kubernetes.io/h2c": "tcp",
}


def is_known(app_protocol: str) -> bool:
    """Say whether an appProtocol is one of those above, or absent."""
    return not app_protocol or app_protocol.lower() in PROTOCOLS


def protocol_of(port: ServicePort, pods: Iterable[Pod], server_first: Collection[int]) -> str:
    """Return `http`, `tcp` or `auto`; an appProtocol that nobody knows is carried byte for byte."""
    if port.app_protocol:
        return PROTOCOLS.get(port.app_protocol.lower(), "tcp")
    if port.port in server_first or port.target_port in server_first:
        return "tcp"
    spoken = any(_asks(container, port) for pod in pods for container in pod.spec.containers)
    return "http" if spoken else "auto"


def _asks(container: Container, port: ServicePort) -> bool:
    """Say whether a probe of the container asks the Service port's target by HTTP without TLS."""
    target = _number(container, port.target_port or port.port)
    return any(_asked(container, probe) == target for probe in probes_of(container).values())


def _asked(container: Container, probe: Probe) -> int:
    action = probe.http_get
    if action is None or action.host or action.scheme.upper() == "HTTPS":
        return -1
    return _number(container, action.port)


def _number(container: Container, port: int | str) -> int:
    """Return the number of a declared port; 0 where the container has none of that name."""
    if isinstance(port, int):
        return port
    return next((declared.container_port for declared in container.ports if declared.name == port), 0)
