"""Events (core/v1 Event): what happened to an object, counted when it happens again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from readylb.model.meta import ObjectMeta, ObjectReference, time_field


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """Who says so: `kubelet` for what kubelet would say, else a readylb controller."""

    component: str = "readylb"
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One kind of happening; `count` rises while nothing but the time differs."""

    KIND: ClassVar[str] = "Event"
    API_VERSION: ClassVar[str] = "v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    involved_object: ObjectReference = field(default_factory=ObjectReference)
    type: str = "Normal"
    reason: str = ""
    message: str = ""
    source: EventSource = field(default_factory=EventSource)
    count: int = 1
    first_timestamp: float | None = time_field()
    last_timestamp: float | None = time_field()
