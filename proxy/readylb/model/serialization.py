"""Model to JSON in Kubernetes' spelling, and the naming rule that every reader shares.

The way back (JSON or YAML to model, with strict checks and positions) is `config.decode`: reading
what people write needs errors that name lines, and that is another room's work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, cast


def json_key(field: dataclasses.Field[Any]) -> str:
    """Return the Kubernetes (camelCase) name of a model field."""
    explicit = field.metadata.get("key")
    if explicit is not None:
        return str(explicit)
    head, *rest = field.name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def format_time(seconds: float) -> str:
    """Return RFC 3339 in UTC with whole seconds, as Kubernetes writes `metav1.Time`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _plan(cls: Hashable) -> tuple[tuple[str, str, bool], ...]:
    """(attribute, JSON key, is a time) for each field that is shown."""
    return tuple(
        (field.name, json_key(field), field.metadata.get("format") == "date-time")
        for field in dataclasses.fields(cast("type[Any]", cls))
        if not field.metadata.get("internal")
    )


def to_json(value: Any) -> Any:
    """Return `value` as plain JSON data: objects first get their `apiVersion` and `kind`.

    None, empty strings and empty collections are left out, as Go's `omitempty` does; zero and
    False are kept, because Kubernetes shows `restartCount: 0` and `ready: false`.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def _object(value: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    cls = type(value)
    kind = getattr(cls, "KIND", None)
    if kind is not None:
        result["apiVersion"] = cls.API_VERSION
        result["kind"] = kind
    for name, shown, is_time in _plan(cast("Hashable", cls)):
        item = getattr(value, name)
        if item is None or item == "":
            continue
        encoded = format_time(item) if is_time else to_json(item)
        if encoded in ({}, []):
            continue
        result[shown] = encoded
    return result
