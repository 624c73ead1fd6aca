"""What to tell the operator when a Service port cannot be listened on: who is in the way, what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from readylb.wire.messages import Address

_PRIVILEGED = 1024
_LAST_PORT = 65535

#: State LISTEN in /proc/net/tcp (include/net/tcp_states.h).
_LISTEN = "0A"


def explain(service: str, port: int, address: Address, number: int, error: str) -> str:
    """Return one sentence: cannot do this, cause, remedy. `number` is the system's errno."""
    where = show(address)
    remedy = f"--publish {service}:{port}={suggest(address.port)}"
    if number == errno.EACCES:
        cause = f"permission denied (ports below {_PRIVILEGED} need root; listen elsewhere with {remedy})"
    elif number == errno.EADDRINUSE:
        cause = f"{holder_of(address.port)} listens there already (end it, or listen elsewhere with {remedy})"
    elif number == errno.EADDRNOTAVAIL:
        cause = f"this machine has no address {address.host} (choose one with --bind)"
    else:
        cause = f"{error.lower()} (listen elsewhere with {remedy})"
    return f"cannot listen on {where} for Service {service}: {cause}"


def explain_conflict(service: str, port: int, address: Address, other: str) -> str:
    """Return the sentence for two Services that want the same local port."""
    return (
        f"cannot listen on {show(address)} for Service {service}: Service {other} listens there already "
        f"(listen elsewhere with --publish {service}:{port}={suggest(address.port)})"
    )


def show(address: Address) -> str:
    """Return HOST:PORT, with brackets where an IPv6 address needs them."""
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


def suggest(port: int) -> int:
    """Return another port to try: 8000 for 80, 8443 for 443, the next one for high ports."""
    if port < _PRIVILEGED:
        return {80: 8000}.get(port, 8000 + port)
    return port + 1 if port < _LAST_PORT else port - 1


def holder_of(port: int) -> str:
    """Return the process that listens on a port, as far as this system and our rights can tell."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if inodes:
        for process in Path("/proc").glob("[0-9]*"):
            if _holds(process, inodes):
                return f"process {process.name} ({_name(process)})"
    return "another process"


def _listening_inodes(port: int) -> Iterator[str]:
    wanted = f"{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and fields[1].endswith(f":{wanted}"):
                yield fields[9]


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(os.readlink(item) in inodes for item in (process / "fd").iterdir())  # noqa: PTH115 - not a path
    except OSError:  # another user's, or gone meanwhile
        return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "gone meanwhile"
