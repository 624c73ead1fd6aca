"""What traffic itself holds against a pod, told to people: beside the probes' word and the operator's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from readylb.core.durations import human_duration


class PassiveReason(StrEnum):
    """Why a pod is left out: it refused a connection, failed several times in a row, or is readylb itself."""

    REFUSED = "Refused"
    EJECTED = "Ejected"
    LEADS_BACK = "LeadsBack"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveSignal:
    """A pod is left out since `since`, until `until` (epoch seconds; infinite: until its probe passes).

    `service` is the only Service that does so, empty where all do; `port` is its port.
    """

    reason: PassiveReason
    since: float
    until: float = math.inf
    service: str = ""
    port: int = 0

    def sentence(self, now: float) -> str:
        """Return what happened, when, and what brings the pod back."""
        if self.reason is PassiveReason.LEADS_BACK:
            what = "readylb itself listens at its address, so requests would go round in circles"
            return f"traffic of service/{self.service}:{self.port}: {what}"
        where = f" of service/{self.service}:{self.port}" if self.service else ""
        ago = human_duration(now - self.since)
        what = (
            f"it refused a connection {ago} ago"
            if self.reason is PassiveReason.REFUSED
            else f"several requests in a row failed, the last one {ago} ago"
        )
        back = (
            "when its readiness probe passes"
            if math.isinf(self.until)
            else f"in {max(0, math.ceil(self.until - now))} s"
        )
        return f"traffic{where}: {what}; it is back {back}"


def still(signals: Iterable[PassiveSignal], now: float) -> tuple[PassiveSignal, ...]:
    """Return those that are not over."""
    return tuple(item for item in signals if item.until > now)


def kept(services: Sequence[str], signals: Sequence[PassiveSignal]) -> tuple[str, ...]:
    """Return the Services of `services` that leave nobody out by `signals`."""
    if any(not item.service for item in signals):
        return ()
    leaving = {item.service for item in signals}
    return tuple(name for name in services if name not in leaving)
