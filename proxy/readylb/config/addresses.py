"""`HOST:PORT` or `unix:/PATH`, as endpoints are written."""

from __future__ import annotations

import re

from readylb.core.unix_address import parse_unix

_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.%a-z0-9]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})"
)
_MAX_PORT = 65535


def parse_address(text: str) -> tuple[str, int]:
    """Return (host, port). IPv6 addresses stand in brackets. ValueError says what is wrong.

    A Unix socket's host is `unix:/PATH`, and its port 0.
    """
    unix = parse_unix(text.strip())
    if unix is not None:
        return unix, 0
    matched = _ADDRESS.fullmatch(text.strip())
    if matched is None:
        msg = "must be HOST:PORT, such as 127.0.0.1:8081 or [::1]:8081, or unix:/PATH"
        raise ValueError(msg)
    port = int(matched["port"])
    if not 1 <= port <= _MAX_PORT:
        msg = f"the port must be between 1 and {_MAX_PORT}, inclusive"
        raise ValueError(msg)
    return matched["six"] or matched["host"], port


def format_address(host: str, port: int) -> str:
    """Return the address as `parse_address` reads it."""
    if not port:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
