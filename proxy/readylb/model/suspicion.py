"""Says that traffic saw a pod refuse connections (readylb's own kind, not Kubernetes')."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from readylb.model.meta import ObjectMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """The pod whose uid is this object's name has refused a connection.

    Written by who carries traffic; answered by who probes, out of turn. Times are epoch seconds of the
    one who reports: `vouched_at` is the `suspected_at` after which its readiness probes have passed.
    """

    KIND: ClassVar[str] = "Suspicion"
    API_VERSION: ClassVar[str] = "readylb.io/v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    pod_name: str = ""
    suspected_at: float = 0.0
    vouched_at: float = 0.0
