"""Nodes to model objects, strictly: every key must exist, every value must have its type.

The types' own fields and annotations say what is allowed; there is no second list. All problems of a
document are collected. Messages follow encoding/json's and kubectl's strict decoding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from readylb.config import hints
from readylb.config.nodes import Entry, Node, Scalar, Sequence, Table, empty
from readylb.config.problems import Report, plain, quote
from readylb.config.shapes import Shape, element, is_list, is_map, options, shapes, zero

T = TypeVar("T")

_INT32 = 2**31
_INT64 = 2**63
#: The integer fields that Kubernetes keeps in 64 bits.
_LONG = frozenset(
    {
        "terminationGracePeriodSeconds",
        "deletionGracePeriodSeconds",
        "observedGeneration",
        "generation",
        "limits",
        "requests",
    }
)


class Verdict(Enum):
    """What becomes of a field that Kubernetes knows and this program has no place for."""

    SILENT = auto()
    WARN = auto()
    REFUSE = auto()


@dataclass(frozen=True, slots=True)
class Known:
    """A field that is not an unknown one, and why it has no effect."""

    verdict: Verdict
    reason: str = ""


#: type -> key -> what becomes of it
KnownFields = Mapping[type[Any], Mapping[str, Known]]


class Decoder:
    """Decodes the documents of one file; problems go to `report`."""

    def __init__(self, file: str, report: Report, known: KnownFields) -> None:
        """Decode what `file` holds; `known` are fields that are expected and have no place."""
        self._file = file
        self._report = report
        self._known = known
        self._parents: tuple[type[Any], ...] = ()

    def decode(self, cls: type[T], node: Table, path: str = "", *, skip: frozenset[str] = frozenset()) -> T:
        """Return a `cls` made from `node`; what cannot be decoded is reported and takes its default."""
        values = {shape.name: self._absent(shape) for shape in shapes(cls).values() if shape.required}
        self._parents = (*self._parents, cls)
        for key, entry in node.entries.items():
            shape = shapes(cls).get(key)
            known = self._known.get(cls, {}).get(key)
            below = f"{path}.{key}" if path else key
            if known is not None:
                self._known_field(known, below, entry)
            elif shape is None:
                if key not in skip:
                    self._unknown(cls, key, node, path, entry)
            elif not (isinstance(entry.node, Scalar) and entry.node.value is None):
                values[shape.name] = self._field(cls, shape, below, entry)
        self._parents = self._parents[:-1]
        return cls(**values)

    @staticmethod
    def _absent(shape: Shape) -> Any:
        return zero(shape.options[0])

    def _known_field(self, known: Known, path: str, entry: Entry) -> None:
        if known.verdict is Verdict.SILENT or empty(entry.node):
            return
        add = self._report.error if known.verdict is Verdict.REFUSE else self._report.warn
        add(self._file, entry.line, plain(path), known.reason)

    def _unknown(self, cls: type[Any], key: str, node: Table, path: str, entry: Entry) -> None:
        below = f"{path}.{key}" if path else key
        hint = "" if self._report.crowded else hints.unknown_field(key, node, cls, self._parents)
        self._report.lenient(self._file, entry.line, "", f'unknown field "{plain(below)}"{hint}')

    def _field(self, cls: type[Any], shape: Shape, path: str, entry: Entry) -> Any:
        owner = f"{cls.__name__}.{shape.key}"
        fallback = self._absent(shape) if shape.required else shape.default
        return self._any(shape.options, owner, path, entry.node, fallback)

    def _any(self, kinds: tuple[Any, ...], owner: str, path: str, node: Node, fallback: Any) -> Any:
        """Decode by the first of `kinds` that takes this sort of node."""
        for kind in kinds:
            if isinstance(node, Table) and is_map(kind):
                return self._mapping(kind, owner, path, node)
            if isinstance(node, Table) and hasattr(kind, "__dataclass_fields__"):
                return self.decode(kind, node, path)
            if isinstance(node, Sequence) and is_list(kind):
                return self._list(kind, owner, path, node)
            if isinstance(node, Scalar) and (value := _scalar(kind, node)) is not None:
                return self._checked(owner, path, node, value, fallback)
        self._mismatch(kinds, owner, path, node)
        return fallback

    def _mapping(self, kind: Any, owner: str, path: str, node: Table) -> dict[str, Any]:
        inner = options(element(kind))
        items = {
            key: self._any(inner, owner, f"{path}.{key}", _not_null(inner, entry.node), zero(inner[0]))
            for key, entry in node.entries.items()
        }
        return {key: value for key, value in items.items() if value is not None}

    def _list(self, kind: Any, owner: str, path: str, node: Sequence) -> tuple[Any, ...]:
        inner = options(element(kind))
        items = (
            self._any(inner, owner, f"{path}[{index}]", _not_null(inner, item), zero(inner[0]))
            for index, item in enumerate(node.items)
        )
        return tuple(item for item in items if item is not None)

    def _checked(self, owner: str, path: str, node: Scalar, value: Any, fallback: Any) -> Any:
        limit = _INT64 if owner.rpartition(".")[2] in _LONG else _INT32
        if isinstance(value, int) and not -limit <= value < limit:
            size = 64 if limit == _INT64 else 32
            message = f"cannot unmarshal number {plain(node.text)} into {owner} of type int{size}"
        elif isinstance(value, str) and "\0" in value:
            message = f"Invalid value: {quote(value)}: must not contain NUL characters"
        else:
            return value
        self._report.error(self._file, node.line, plain(path), message)
        return fallback

    def _mismatch(self, kinds: tuple[Any, ...], owner: str, path: str, node: Node) -> None:
        wanted = " or ".join(_type_name(kind) for kind in kinds)
        remedy = _remedy(kinds, node) or hints.match_labels(path)
        message = f"cannot unmarshal {_sort(node)} into {owner} of type {wanted}{remedy}"
        self._report.error(self._file, node.line, plain(path), message)


def _not_null(kinds: tuple[Any, ...], node: Node) -> Node:
    """Replace a null in a list or map by Go's zero value."""
    if not isinstance(node, Scalar) or node.value is not None:
        return node
    if hasattr(kinds[0], "__dataclass_fields__"):
        return Table(node.line, {}, 1)
    return Scalar(node.line, "", "") if kinds[0] is str else node


def _scalar(kind: Any, node: Scalar) -> Any:
    """Return the value when it is of that type (None otherwise); 5.0 is an integer, as it is in JSON."""
    value = node.value
    if kind is bool or isinstance(value, bool):
        return value if kind is bool and isinstance(value, bool) else None
    if kind is int and isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    if kind is float and isinstance(value, int | float):
        return float(value)
    return value if kind in {str, int} and isinstance(value, kind) else None


def _sort(node: Node) -> str:
    if isinstance(node, Table):
        return "object"
    if isinstance(node, Sequence):
        return "array"
    if isinstance(node.value, bool):
        return "bool"
    if node.value is None:
        return "null"
    return "string" if isinstance(node.value, str) else "number"


def _type_name(kind: Any) -> str:
    if is_list(kind):
        return f"[]{_type_name(element(kind))}"
    if is_map(kind):
        return f"map[string]{_type_name(element(kind))}"
    if len(members := options(kind)) > 1:
        return " or ".join(_type_name(member) for member in members)
    names = {str: "string", int: "int32", bool: "bool", float: "float64"}
    return names[kind] if kind in names else str(kind.__name__)


def _remedy(kinds: tuple[Any, ...], node: Node) -> str:
    if not isinstance(node, Scalar):
        return ""
    if str in kinds and node.value is not None:
        return f" (quote it: {quote(node.text)})"
    if int in kinds and isinstance(node.value, str):
        try:
            return f" (write {int(node.value)} without quotes)"
        except ValueError:
            return ""
    return ""
