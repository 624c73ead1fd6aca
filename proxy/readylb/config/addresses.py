"""`HOST:PORT`, as endpoints are written."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.%a-z0-9]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})"
)
_MAX_PORT = 65535


def parse_address(text: str) -> tuple[str, int]:
    """Return (host, port). IPv6 addresses stand in brackets. ValueError says what is wrong."""
    matched = _ADDRESS.fullmatch(text.strip())
    if matched is None:
        msg = "must be HOST:PORT, such as 127.0.0.1:8081 or [::1]:8081"
        raise ValueError(msg)
    port = int(matched["port"])
    if not 1 <= port <= _MAX_PORT:
        msg = f"the port must be between 1 and {_MAX_PORT}, inclusive"
        raise ValueError(msg)
    return matched["six"] or matched["host"], port


def format_address(host: str, port: int) -> str:
    """Return `HOST:PORT` with IPv6 addresses in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
