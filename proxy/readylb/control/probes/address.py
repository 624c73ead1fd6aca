"""Where a network probe goes: named ports, numbers, and the port that is really bound.

Rules of `pkg/probe/util.go` (ResolveContainerPort). Pods without a network of their own bind other
ports than they declare; a probe of the pod itself follows that mapping, one of another host does not.
"""

from __future__ import annotations

from readylb.control.probes.ask import Ask
from readylb.control.probes.outcome import ProbeError
from readylb.core.unix_address import unix_path

_HIGHEST_PORT = 65535
#: Names and addresses that a pod may call itself by.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def resolve(ask: Ask, host: str, port: int | str) -> tuple[str, int]:
    """Return (host, port) to connect to. ProbeError when the port is no port."""
    number = _number(ask, port)
    if not 0 < number <= _HIGHEST_PORT:
        msg = f"invalid port number: {number}"
        raise ProbeError(msg)
    pod_ip = ask.pod.status.pod_ip
    if host in {"", pod_ip} or host in LOOPBACK:
        return host or pod_ip, ask.pod.bound_port(number)
    return host, number


def join(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets (Go's net.JoinHostPort)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def network(host: str, port: int) -> str:
    """Return network and address as Go's net.Dial names them: `tcp 127.0.0.1:80`, `unix /run/web.sock`."""
    path = unix_path(host)
    return f"tcp {join(host, port)}" if path is None else f"unix {path}"


def _number(ask: Ask, port: int | str) -> int:
    if isinstance(port, int):
        return port
    for declared in ask.container.ports:
        if declared.name == port:
            return declared.container_port
    try:
        return int(port)
    except ValueError:
        msg = f'strconv.Atoi: parsing "{port}": invalid syntax'
        raise ProbeError(msg) from None
