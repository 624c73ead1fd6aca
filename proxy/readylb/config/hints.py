"""What an unknown key may have been meant for: a typing error, or a field of a neighbour."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from readylb.config.nodes import Table
from readylb.config.shapes import inner, shapes
from readylb.model.workload import LabelSelector

#: How far down a misplaced field is looked for: from a Deployment's spec to a container is 4.
_DEEPEST = 5
#: A longer key is no typing error, and comparing it is slow.
_LONGEST_KEY = 64


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean "...")`, or nothing."""
    if len(word) > _LONGEST_KEY:
        return ""
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.7)
    return f' (did you mean "{names[close[0]]}"?)' if close else ""


def misspelt(wanted: str, found: Iterable[str]) -> str:
    """Return ` ("kynd" is not "kind")` when one of the keys that were found was meant to be `wanted`."""
    short = [key for key in found if len(key) <= _LONGEST_KEY]
    close = difflib.get_close_matches(wanted.lower(), [key.lower() for key in short], n=1, cutoff=0.7)
    meant = next((key for key in short if key.lower() in close), None)
    return f' ("{meant}" is not "{wanted}")' if meant is not None else ""


def unknown_field(key: str, node: Table, cls: type[Any], parents: tuple[type[Any], ...]) -> str:
    """Return a hint in parentheses about `key`, found in a `cls` inside `parents` (outermost first)."""
    if len(key) > _LONGEST_KEY:
        return ""
    return (
        _below(key, node, cls, levels=1)
        or did_you_mean(key, shapes(cls))
        or _below(key, node, cls, levels=_DEEPEST)
        or _above(key, parents)
        or _misspelt_below(key, node, cls)
        or _label(cls)
    )


def match_labels(path: str) -> str:
    """Say how a selector that is a plain map is written, where `path` ends in `selector.matchLabels`."""
    if not path.endswith("selector.matchLabels"):
        return ""
    return " (this selector has no matchLabels: write the labels right below selector)"


def _below(key: str, node: Table, cls: type[Any], levels: int) -> str:
    """Name the fields under which `key` exists: nearest level only, and those that are present first."""
    level: list[tuple[str, type[Any]]] = [("", cls)]
    for _ in range(levels):
        children = [
            (f"{path}.{shape.key}".lstrip("."), child)
            for path, kind in level
            for shape in shapes(kind).values()
            if shape.key not in {"status", "metadata"} and (child := inner(shape)) is not None
        ]
        found = [path for path, kind in children if key in shapes(kind)]
        if found:
            present = [path for path in found if path.split(".")[0] in node.entries]
            return f" (belongs inside {_either(present or found)})"
        level = children
    return ""


def _misspelt_below(key: str, node: Table, cls: type[Any]) -> str:
    """Find a typing error in a misplaced field: `initialDelaySecond` beside livenessProbe."""
    children: Mapping[str, type[Any]] = {
        name: child for name, shape in shapes(cls).items() if (child := inner(shape)) is not None
    }
    for name, child in children.items():
        hint = did_you_mean(key, shapes(child))
        if name in node.entries and hint:
            return hint.replace("?)", f"?, inside {name})").replace('"?', '"')
    return ""


def _above(key: str, parents: tuple[type[Any], ...]) -> str:
    """Say which enclosing object has the field: `periodSeconds` inside httpGet."""
    for parent, child in zip(reversed(parents[:-1]), reversed(parents[1:]), strict=False):
        if key in shapes(parent):
            beside = next((name for name, shape in shapes(parent).items() if inner(shape) is child), "")
            return f" (belongs one level up, beside {beside})" if beside else ""
    return ""


def _label(cls: type[Any]) -> str:
    """Know the labels of a ReplicationController or Service, which stand where others have matchLabels."""
    return " (a label belongs inside matchLabels)" if cls is LabelSelector else ""


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
