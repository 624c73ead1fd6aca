"""Endpoints that lead back to where their requests came in: our own listening addresses.

Such an endpoint answers its probe, because we listen there, and then sends every request round and round
until files run out. It never gets traffic. An endpoint that is another Service port of ours is fine as long
as that one does not lead back; whoever would close the circle is left out.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping

from msgspec.structs import replace as altered

from readylb.control.workers.listen_errors import show, suggest
from readylb.control.workers.service_port import WILDCARDS, ServicePortState
from readylb.wire.messages import Address, EndpointEntry

#: Port → where on it we listen, and which Service port that is.
_Own = Mapping[int, list[tuple[str, str]]]
# Nothing is sent there: asking for a route is enough.
_ANY_PORT = 9
#: Endpoints that a 503 names.
_NAMED = 4


def without_circles(
    found: tuple[EndpointEntry, ...], state: ServicePortState, ports: Mapping[str, ServicePortState]
) -> tuple[EndpointEntry, ...]:
    """Return the entries, those of them without traffic that lead back to the Service port `state`.

    `ports` are all Service ports by key, with the endpoints that they were last given.
    """
    own = _own(ports.values())
    return tuple(
        altered(entry, ready=False, serving=False)
        if any(_reaches(key, state.key, ports, own) for key in _keys_at(entry, own))
        else entry
        for entry in found
    )


def sentence(entry: EndpointEntry, service: str, port: int) -> str:
    """Return what to tell the operator: cannot do this, cause, remedy."""
    return (
        f"cannot send requests to endpoint {entry.name}: readylb itself listens on "
        f"{show(Address(entry.host, entry.port))}, so they would go round in circles (name the server's own "
        f"address, or listen elsewhere with --publish {service}:{port}={suggest(entry.port)})"
    )


def reason(names: Iterable[str]) -> str:
    """Return why nobody is Ready, for clients."""
    return f"no Ready endpoint: {', '.join(sorted(names)[:_NAMED])} leads back to readylb itself"


def _own(ports: Iterable[ServicePortState]) -> _Own:
    own: dict[int, list[tuple[str, str]]] = {}
    for state in ports:
        if state.settings is None or state.local_port is None:
            continue  # somebody else may listen there
        for address in state.settings.listen:
            own.setdefault(address.port or state.local_port, []).append((address.host, state.key))
    return own


def _keys_at(entry: EndpointEntry, own: _Own) -> list[str]:
    """Return the Service ports that an endpoint is."""
    return [key for host, key in own.get(entry.port, ()) if _is_at(entry.host, host)]


def _is_at(host: str, listening: str) -> bool:
    if listening not in WILDCARDS:
        return host == listening
    return (":" in host) == (":" in listening) and _is_local(host)


def _is_local(host: str) -> bool:
    """Say whether an address is this machine's: the way to it begins where it ends."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if host.startswith("127."):
        return True
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as route:
            route.connect((host, _ANY_PORT))
            local: str = route.getsockname()[0]
    except OSError:
        return False
    return local == host


def _reaches(key: str, goal: str, ports: Mapping[str, ServicePortState], own: _Own) -> bool:
    """Say whether requests at the Service port `key` may come to `goal`."""
    seen: set[str] = set()
    ahead = [key]
    while ahead:
        here = ahead.pop()
        if here == goal:
            return True
        if here in seen:
            continue
        seen.add(here)
        state = ports.get(here)
        entries = state.endpoints.endpoints if state is not None and state.endpoints is not None else ()
        for entry in entries:
            if entry.port in own and (entry.ready or entry.serving):
                ahead += _keys_at(entry, own)
    return False
