"""Says that requests may reach a pod: there as long as they may (readylb's own kind, not Kubernetes')."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from readylb.model.meta import ObjectMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTraffic:
    """Traffic may reach the pod whose uid is this object's name, or requests to it are still running.

    It is there from before the data plane first hears that the pod's endpoint may have traffic, until
    every worker has confirmed that it sends nothing more and has nothing in flight. Where there is
    none, the pod can be stopped and nothing is lost. `ending`: nothing new is sent any more.
    """

    KIND: ClassVar[str] = "PodTraffic"
    API_VERSION: ClassVar[str] = "readylb.io/v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    pod_name: str = ""
    ending: bool = False
