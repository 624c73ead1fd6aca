"""What a proxy is asked to do: where to listen, which endpoints there are, what is spoken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What a proxy does in a case."""

    HTTP = "HTTP to one endpoint"
    TCP = "TCP to one endpoint"
    POOL = "HTTP to many endpoints, each probed every second"


@dataclass(frozen=True, slots=True)
class Scene:
    """`folder` is the proxy's own; `endpoints` are (host, port).

    `python` runs readylb, with so many `workers`.
    """

    folder: Path
    port: int
    endpoints: tuple[tuple[str, int], ...]
    kind: Kind = Kind.HTTP
    python: str = ""
    workers: int = 1
