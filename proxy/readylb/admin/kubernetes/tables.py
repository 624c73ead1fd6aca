"""Server-side Tables (meta.k8s.io/v1): what `get` prints is decided here, once, for every client.

Source: pkg/printers (TableGenerator) and apimachinery/pkg/apis/meta/v1 (Table). Columns of priority
1 are the ones that `-o wide` adds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from readylb.admin.kubernetes.objects import ApiObject, encode
from readylb.core.durations import human_duration

NONE = "<none>"

#: One cell: text, or a number for integer columns.
Cell = str | int
#: Turns an object into its cells, at a moment (epoch seconds).
RowOf = Callable[[Any, float], Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `wide` ones are shown by `-o wide` only."""

    name: str
    type: str = "string"
    format: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How a resource is printed: its columns and how an object fills them."""

    columns: tuple[Column, ...]
    row: RowOf


NAME = Column("Name", format="name")
AGE = Column("Age")


def table(
    layout: Layout, items: Iterable[ApiObject], now: float, version: str, include: str
) -> dict[str, Any]:
    """Return a Table of `items`. `include` is None, Metadata or Object: what rides on each row."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [_definition(column) for column in layout.columns],
        "rows": [row(layout, item, now, include) for item in items],
    }


def row(layout: Layout, item: ApiObject, now: float, include: str) -> dict[str, Any]:
    """Return the row of one item."""
    return {"cells": list(layout.row(item, now)), **_attached(item, include)}


def age(moment: float | None, now: float) -> str:
    """Return how long ago a moment was, as Kubernetes prints it; `<unknown>` for none."""
    return human_duration(None if moment is None else now - moment)


def joined_labels(labels: Iterable[tuple[str, str]]) -> str:
    """Return `a=b,c=d` in order of keys, `<none>` for no label (labels.FormatLabels)."""
    return ",".join(f"{name}={value}" for name, value in sorted(labels)) or NONE


def _definition(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": "",
        "priority": int(column.wide),
    }


def _attached(item: ApiObject, include: str) -> dict[str, Any]:
    if include == "None":
        return {}
    document = encode(item)
    if include == "Object":
        return {"object": document}
    partial = {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": document["metadata"],
    }
    return {"object": partial}
