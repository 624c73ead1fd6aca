"""What the admin API says about a pod, in the words of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Pod:
    """One pod as it was when it was asked for."""

    def __init__(self, item: dict[str, Any]) -> None:
        self.item = item
        self.name: str = item["metadata"]["name"]
        self.status: dict[str, Any] = item.get("status", {})
        self.containers: Sequence[dict[str, Any]] = self.status.get("containerStatuses", [])

    def __repr__(self) -> str:
        return f"<{self.name} ready={self.ready} restarts={self.restarts}>"

    @property
    def ready(self) -> bool:
        return any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in self.status.get("conditions", [])
        )

    @property
    def restarts(self) -> int:
        return sum(container["restartCount"] for container in self.containers)

    @property
    def running(self) -> bool:
        return bool(self.containers) and all("running" in container["state"] for container in self.containers)
