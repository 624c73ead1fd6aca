"""Recording events: from "this happened to that object" to a counted Event that is written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from readylb.model import Event, Object
from readylb.model.event import EventSource
from readylb.model.meta import ObjectMeta, ObjectReference
from readylb.telemetry.correlation import Correlator


class EventSink(Protocol):
    """Where events go."""

    def write(self, event: Event) -> None:
        """Keep the event, in place of the one of the same name."""


class EventRecorder:
    """Makes events as client-go's recorder does. `now` returns epoch seconds."""

    def __init__(self, sink: EventSink, now: Callable[[], float]) -> None:
        """Write to `sink`."""
        self._sink = sink
        self._now = now
        self._correlator = Correlator()
        self._last_stamp = 0

    def record(  # noqa: PLR0913 -- an event is these six facts, and each call names its optional ones
        self,
        item: Object | ObjectReference,
        kind: str,
        reason: str,
        message: str,
        *,
        field_path: str = "",
        component: str = "kubelet",
    ) -> None:
        """Say that `reason` happened to `item`; `kind` is Normal or Warning.

        `field_path` names a part of the object, such as `spec.containers{web}`.
        """
        now = self._now()
        about = _reference(item)
        if field_path:
            about = replace(about, field_path=field_path)
        event = Event(
            metadata=ObjectMeta(name=self._name(about, now), namespace=about.namespace or "default"),
            involved_object=about,
            type=kind,
            reason=reason,
            message=message.rstrip(),
            source=EventSource(component=component),
            first_timestamp=now,
            last_timestamp=now,
        )
        correlated = self._correlator.correlate(event, now)
        if correlated is not None:
            self._sink.write(correlated)

    def _name(self, about: ObjectReference, now: float) -> str:
        """Return `NAME.HEX`, HEX being nanoseconds as client-go has it, never the same twice."""
        self._last_stamp = max(int(now * 1e9), self._last_stamp + 1)
        return f"{about.name}.{self._last_stamp:x}"


def container_path(name: str) -> str:
    """Return the field path of a container, as events about containers carry it."""
    return f"spec.containers{{{name}}}"


def _reference(item: Object | ObjectReference) -> ObjectReference:
    if isinstance(item, ObjectReference):
        return item
    meta = item.metadata
    return ObjectReference(
        kind=item.KIND,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        api_version=item.API_VERSION,
        resource_version=meta.resource_version,
    )
