"""Model to JSON in Kubernetes' spelling, and the naming rule that every reader shares.

The way back (JSON or YAML to model, with strict checks and positions) is `config.decode`: reading
what people write needs errors that name lines, and that is another room's work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
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
    return _whole_seconds(int(seconds))


@lru_cache(maxsize=4096)
def _whole_seconds(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _plan(cls: Hashable) -> tuple[dict[str, str], tuple[tuple[str, str, bool], ...]]:
    """Return an API object's first fields, and (attribute, JSON key, is a time) for each one shown."""
    kind = getattr(cls, "KIND", None)
    head = {} if kind is None else {"apiVersion": cast("Any", cls).API_VERSION, "kind": kind}
    return head, tuple(
        (field.name, json_key(field), field.metadata.get("format") == "date-time")
        for field in dataclasses.fields(cast("type[Any]", cls))
        if not field.metadata.get("internal")
    )


def to_json(value: Any) -> Any:
    """Return `value` as plain JSON data: objects first get their `apiVersion` and `kind`.

    None, empty strings and empty collections are left out, as Go's `omitempty` does; zero and
    False are kept, because Kubernetes shows `restartCount: 0` and `ready: false`.
    """
    # A list of a thousand pods has a hundred thousand values, most of them plain: those first.
    cls = type(value)
    if cls in _PLAIN:
        return value
    if cls is tuple or cls is list:
        return [to_json(item) for item in value]
    if dataclasses.is_dataclass(cls):
        return _object(value, cls)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    return value


_PLAIN = frozenset({str, int, bool, float, type(None)})


def _object(value: Any, cls: type[Any]) -> dict[str, Any]:
    head, fields = _plan(cast("Hashable", cls))
    result: dict[str, Any] = dict(head)
    for name, shown, is_time in fields:
        item = getattr(value, name)
        if item is None or item in ("", ()):
            continue
        if is_time:
            result[shown] = format_time(item)
        elif type(item) in _PLAIN:
            result[shown] = item
        elif encoded := to_json(item):
            result[shown] = encoded
    return result
