"""What pods are to have of their own: the host's everything (none), or namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

#: The runtime that pods get by default, by what `--isolation` says.
RUNTIMES: Mapping[str, str] = {"none": "process", "namespaces": "namespaces"}


@dataclass(frozen=True, slots=True)
class Isolation:
    """`kind` is a key of RUNTIMES. `pod_range` has the pods' addresses; None: any range that is free."""

    kind: str = "none"
    pod_range: IPv4Network | None = None

    @property
    def runtime(self) -> str:
        """The name of the runtime."""
        return RUNTIMES[self.kind]
