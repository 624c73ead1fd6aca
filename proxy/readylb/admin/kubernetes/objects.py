"""Objects that exist only in the API: computed from what the store keeps, never stored.

`Endpoints` (core/v1, the older form of EndpointSlices) and `Namespace`. They are dataclasses like
those of the model, so they are encoded, selected and printed by the same code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from readylb.model import Object
from readylb.model.meta import ObjectMeta, ObjectReference
from readylb.model.serialization import to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAddress:
    """One address and the pod behind it."""

    ip: str
    node_name: str = ""
    target_ref: ObjectReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointsPort:
    """One port of a subset."""

    port: int
    name: str = ""
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSubset:
    """Addresses that share ports, Ready ones apart from the others."""

    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointsPort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """All addresses of a Service, under the Service's name."""

    KIND: ClassVar[str] = "Endpoints"
    API_VERSION: ClassVar[str] = "v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    subsets: tuple[EndpointSubset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceStatus:
    """A namespace that is seen is active."""

    phase: str = "Active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace exists while an object is in it; `default` always does."""

    KIND: ClassVar[str] = "Namespace"
    API_VERSION: ClassVar[str] = "v1"

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    status: NamespaceStatus = field(default_factory=NamespaceStatus)


#: Everything the API can show.
ApiObject = Object | Endpoints | Namespace

#: What a pod template's metadata has in the API; the rest of ObjectMeta means nothing there.
_TEMPLATE_METADATA = ("name", "labels", "annotations")


def encode(item: ApiObject) -> dict[str, Any]:
    """Return the object as the API's JSON."""
    document: dict[str, Any] = to_json(item)
    template = document.get("spec", {}).get("template")
    if template is not None:
        metadata = template.get("metadata", {})
        template["metadata"] = {name: metadata[name] for name in _TEMPLATE_METADATA if name in metadata}
    return document
