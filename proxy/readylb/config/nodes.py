"""Text as a tree that remembers lines: what both readers (YAML, JSON) make, and what decoding takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from readylb.config.scalars import Value

#: Deepest nesting. A Deployment's deepest field lies 12 levels down.
MAX_DEPTH = 64
#: Most values in a file after aliases are expanded: a thousand objects fit, alias bombs do not.
MAX_VALUES = 30_000

_STEP = re.compile(r"\[(\d+)\]|\[([^\[\]]+)\]|([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, number, boolean or null. `text` is how it was written."""

    line: int
    value: Value
    text: str
    size: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list. `size` counts the values below, aliases expanded."""

    line: int
    items: tuple[Node, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of a key, and the line of the key."""

    line: int
    node: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A YAML mapping or JSON object. `size` counts the values below, aliases expanded."""

    line: int
    entries: Mapping[str, Entry]
    size: int

    def get(self, key: str) -> Node | None:
        """Return the value of `key`, or None."""
        entry = self.entries.get(key)
        return None if entry is None else entry.node


Node = Scalar | Sequence | Table


class NodeError(Exception):
    """The text cannot be read: `line` (from 1) and what is wrong there."""

    def __init__(self, line: int, message: str) -> None:
        """Say what is wrong at `line`; 0: the whole file."""
        super().__init__(message)
        self.line = line
        self.message = message


def empty(node: Node | None) -> bool:
    """Say whether nothing is said: absent, null, empty string, list or mapping, or false."""
    if node is None:
        return True
    if isinstance(node, Scalar):
        return node.value in {None, "", False} and not (node.value == 0 and node.value is not False)
    return not (node.items if isinstance(node, Sequence) else node.entries)


def plain_data(node: Node) -> Any:
    """Return what the node says as dicts, lists and plain values."""
    if isinstance(node, Table):
        return {key: plain_data(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    return node.value


def locate(root: Node, path: str) -> int:
    """Return the line of the node at `path` (`spec.ports[0].port`, `limits[cpu]`), or of its parent."""
    node, line = root, root.line
    for match in _STEP.finditer(path):
        key = match[2] or match[3]
        if key and isinstance(node, Table) and key in node.entries:
            entry = node.entries[key]
            node, line = entry.node, entry.line
        elif match[1] is not None and isinstance(node, Sequence) and int(match[1]) < len(node.items):
            node = node.items[int(match[1])]
            line = node.line
        else:
            break
    return line
