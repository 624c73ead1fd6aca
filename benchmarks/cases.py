"""The kinds of traffic: a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from benchmarks.peers.scene import Kind

MEDIUM_BYTES = 2**20
LARGE_BYTES = 16 * 2**20


class Load(Enum):
    """What makes the traffic."""

    WRK = "wrk"
    PACED = "h2load: so many requests a second, whoever answers"
    WEBSOCKET = "websocket.c"
    IDLE = "connections that do nothing"


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of traffic. `down_bytes`: requests are counted by the bytes that came back.

    `script` is Lua for wrk; `fresh` starts the proxy anew for each round.
    """

    name: str
    title: str
    path: str = "/"
    connections: int = 64
    script: str = ""
    down_bytes: int = 0
    kind: Kind = Kind.HTTP
    load: Load = Load.WRK
    fresh: bool = False

    @property
    def unit(self) -> str:
        """Return what a measurement's `cost` is counted in."""
        return "KiB/connection" if self.load is Load.IDLE else "CPU µs/request"


_CLOSE = 'wrk.headers["Connection"] = "close"'
_UPLOAD = f'wrk.method = "POST"\nwrk.body = string.rep("x", {LARGE_BYTES})'
#: What a browser sends to a shop in which somebody is logged in: 20 fields, 1.7 KB.
_BROWSER = """
local fields = {
  ["Host"] = "shop.example.com",
  ["Cache-Control"] = "max-age=0",
  ["sec-ch-ua"] = '"Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128"',
  ["sec-ch-ua-mobile"] = "?0",
  ["sec-ch-ua-platform"] = '"Linux"',
  ["Upgrade-Insecure-Requests"] = "1",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    .. "Chrome/128.0.0.0 Safari/537.36",
  ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    .. "image/apng,*/*;q=0.8",
  ["Sec-Fetch-Site"] = "same-origin",
  ["Sec-Fetch-Mode"] = "navigate",
  ["Sec-Fetch-User"] = "?1",
  ["Sec-Fetch-Dest"] = "document",
  ["Referer"] = "https://shop.example.com/catalogue/garden/chairs?page=3&sort=price",
  ["Accept-Encoding"] = "gzip, deflate, br, zstd",
  ["Accept-Language"] = "en-GB,en;q=0.9,de;q=0.8",
  ["Priority"] = "u=0, i",
  ["If-None-Match"] = 'W/"5f3c-191a2b3c4d5e"',
  ["If-Modified-Since"] = "Thu, 01 Jan 2026 00:00:00 GMT",
  ["DNT"] = "1",
  ["Cookie"] = "session=" .. string.rep("k7Qz", 43) .. "; csrftoken=" .. string.rep("aB3", 21)
    .. "; _ga=GA1.1.1234567890.1700000000; _ga_ABCDEF=GS1.1." .. string.rep("17000.", 12)
    .. "; theme=dark; consent=" .. string.rep("y%2C", 40),
}
for name, value in pairs(fields) do wrk.headers[name] = value end
"""

#: Requests a second that every proxy can serve without being busy: about a third of what one CPU does.
PACED_RATE = 12_800

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("keepalive", "Small answers (128 B), keep-alive, 64 connections"),
        Case("headers", "The request of a browser (20 fields, cookies), 64 connections", script=_BROWSER),
        Case(
            "paced",
            f"Small answers at {PACED_RATE:,} requests/s, 64 connections",
            load=Load.PACED,
        ),
        Case("close", "Small answers, a connection per request, 64 at a time", script=_CLOSE),
        Case("download", "16 MiB down, 8 connections", "/large", 8, down_bytes=LARGE_BYTES),
        Case("upload", "16 MiB up, 4 connections", "/", 4, _UPLOAD),
        Case("tcp", "TCP mode: small answers, keep-alive, 64 connections", kind=Kind.TCP),
        Case("medium", "1 MiB down, 16 connections", "/medium", 16, down_bytes=MEDIUM_BYTES),
        Case("many", "Small answers, keep-alive, 1,000 connections", connections=1000),
        Case("websocket", "WebSocket echo, 128 B, 64 connections", load=Load.WEBSOCKET),
        Case("pool", "1,000 endpoints, each probed every second", kind=Kind.POOL),
        Case(
            "idle", "Idle connections, after one request each", load=Load.IDLE, connections=10_000, fresh=True
        ),
    )
}
#: What `make bench` runs: the cases for which there are targets.
DEFAULT_CASES = ("keepalive", "headers", "paced", "close", "download", "upload", "tcp", "idle")
#: The endpoints of `Kind.POOL`.
POOL_ENDPOINTS = 1000
