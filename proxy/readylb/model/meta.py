"""Metadata that every object carries (Kubernetes meta/v1).

Rules of this room: frozen, slotted dataclasses with Kubernetes' nouns; stdlib only; no behaviour
beyond what a noun can answer about itself. A field has Kubernetes' name in snake_case; where the
camelCase form is irregular (`podIP`), the field's metadata says so. Lists are tuples. Times are
float seconds since the epoch, from one clock that never jumps (see `control.clock`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Prefix of every annotation that is readylb's own.
ANNOTATION_PREFIX = "readylb.io/"
#: What was said of an object when it was last applied, as JSON: kubectl's annotation, so that both agree.
LAST_APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def key(name: str, **kwargs: Any) -> Any:
    """Declare a field whose Kubernetes name is not the plain camelCase of its Python name."""
    return field(metadata={"key": name}, **kwargs)


def time_field() -> Any:
    """Declare an optional moment: float epoch seconds here, RFC 3339 in JSON."""
    return field(default=None, metadata={"format": "date-time"})


def internal(**kwargs: Any) -> Any:
    """Declare a field that is readylb's own knowledge and is never shown or read as JSON."""
    return field(metadata={"internal": True}, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerReference:
    """Who made this object; the owner with `controller` set manages it."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    block_owner_deletion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectMeta:
    """Name, identity and bookkeeping of an object. The store fills uid, versions and times."""

    name: str = ""
    generate_name: str = ""
    namespace: str = "default"
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: float | None = time_field()
    deletion_timestamp: float | None = time_field()
    deletion_grace_period_seconds: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages this object, if any."""
        return next((owner for owner in self.owner_references if owner.controller), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReference:
    """What an Event is about; `field_path` names a container as `spec.containers{NAME}`."""

    kind: str = ""
    namespace: str = "default"
    name: str = ""
    uid: str = ""
    api_version: str = ""
    resource_version: str = ""
    field_path: str = ""
