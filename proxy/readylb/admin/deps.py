"""What the admin API is given by the wiring.

It reads and writes the store; of the controllers it sees what `Insight` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from readylb.admin.kubernetes.encoder import Encoder
from readylb.control.clock import Clock
from readylb.control.runtimes.runtime import RuntimeFor
from readylb.control.store import Store
from readylb.core.explanation import Evidence
from readylb.core.passive import PassiveSignal
from readylb.telemetry.events import EventRecorder


class Exposition(Protocol):
    """What the metrics page needs of the metrics registry."""

    def parts(self) -> Iterable[bytes]:
        """Return every metric in Prometheus' text format, in parts that are made one by one."""


class Insight(Protocol):
    """What controllers remember beyond the store; moments are epoch seconds."""

    def evidence(self, pod_uid: str) -> tuple[Evidence, ...]:
        """Return what every prober of the pod knows."""

    def starts_at(self, pod_uid: str) -> Mapping[str, float]:
        """Return when the back-off of each container that waits for it ends."""

    def postponed(self, pod_uid: str) -> tuple[str, ...]:
        """Return the containers whose restart waits until other pods are Ready."""

    def signals(self, pod_uid: str) -> tuple[PassiveSignal, ...]:
        """Return for which times traffic has left the pod out, what is over included."""


@dataclass(frozen=True, slots=True)
class AdminDeps:
    """The parts of the control process that the API shows. `ready` answers (yes, reasons, one a line)."""

    store: Store
    clock: Clock
    runtime_for: RuntimeFor
    recorder: EventRecorder
    metrics: Exposition
    ready: Callable[[], tuple[bool, str]]
    insight: Insight
    #: The local commands that stand for images now.
    images: Callable[[], Mapping[str, tuple[str, ...]]] = dict
    encoder: Encoder = field(default_factory=Encoder)


#: Where a request finds the above: `request.app[DEPS]`.
DEPS = web.AppKey("deps", AdminDeps)
