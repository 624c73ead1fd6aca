"""YAML text to nodes, from the parser's events: no recursion, and every bound checked as it goes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from readylb.config.nodes import MAX_DEPTH, MAX_VALUES, Entry, Node, NodeError, Scalar, Sequence, Table
from readylb.config.problems import plain
from readylb.config.scalars import Value, resolve

#: The C parser, ten times faster, where PyYAML was built with it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Most events of a file: its values make at most two each, plus those of many small documents.
_MAX_EVENTS = 3 * MAX_VALUES

_TAG = "tag:yaml.org,2002:"
_TYPED: dict[str, Any] = {
    f"{_TAG}int": int,
    f"{_TAG}float": (int, float),
    f"{_TAG}bool": bool,
    f"{_TAG}null": type(None),
}


def read_yaml(text: str) -> Iterator[Node]:
    """Yield the root of each document; empty documents yield a null scalar. NodeError when malformed."""
    builder = _Builder()
    try:
        for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
            if count > _MAX_EVENTS:
                raise NodeError(_line(event), "too many values (split the file)")
            if (root := builder.take(event)) is not None:
                yield root
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NodeError(line, f"not YAML: {error.reason} (is this a binary file?)") from error
    except yaml.YAMLError as error:
        raise NodeError(0, f"not YAML: {plain(str(error))}") from error


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def _syntax_error(error: yaml.MarkedYAMLError) -> NodeError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 0
    problem = str(error.problem or error.context or "malformed")
    hint = ""
    if "cannot start any token" in problem:
        hint = " (is it a tab? YAML is indented with spaces; quote text that begins with @ or `)"
    elif "mapping values are not allowed" in problem:
        hint = " (check the indentation, and quote text that contains ': ')"
    elif "did not find expected" in problem:
        hint = " (check the indentation and the brackets)"
    return NodeError(line, f"not YAML: {problem}{hint}")


@dataclass(slots=True)
class _Frame:
    """A collection that is still open: a list (`items`) or, when `is_table`, a mapping (the rest)."""

    line: int
    anchor: str | None
    is_table: bool
    size: int = 1
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: tuple[str, int] | None = None
    merging: bool = False
    merges: list[Table] = field(default_factory=list)

    @property
    def awaits_key(self) -> bool:
        """Say whether what comes next in a mapping is a key."""
        return self.is_table and self.key is None and not self.merging

    def node(self) -> Node:
        """Return the finished collection."""
        if self.is_table:
            return Table(self.line, _merged(self), self.size)
        return Sequence(self.line, tuple(self.items), self.size)


class _Builder:
    """Takes events, hands out finished documents."""

    def __init__(self) -> None:
        self._open: list[_Frame] = []
        self._anchors: dict[str, Node | None] = {}
        self._total = 0

    def take(self, event: yaml.Event) -> Node | None:
        """Return the root when this event completes a document's content."""
        line = _line(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line)
        if isinstance(event, yaml.AliasEvent):
            return self._add(self._alias(str(event.anchor), line), line)
        if isinstance(event, yaml.CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            return self._end()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        return None

    def _begin(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise NodeError(line, f"nested more than {MAX_DEPTH} levels deep")
        wanted = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in {None, "!", _TAG + wanted}:
            raise NodeError(line, f'the tag "{plain(_short(event.tag))}" is not supported')
        if self._awaiting_key() is not None:
            raise NodeError(line, "a key must be a string, not a list or a mapping")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Frame(line, event.anchor, is_table=wanted == "map"))

    def _end(self) -> Node | None:
        frame = self._open.pop()
        node = frame.node()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = node
        return self._add(node, frame.line)

    def _alias(self, name: str, line: int) -> Node:
        if name not in self._anchors:
            raise NodeError(line, f'the alias "*{plain(name)}" has no anchor before it')
        node = self._anchors[name]
        if node is None:
            raise NodeError(line, f'the alias "*{plain(name)}" is inside the value it stands for')
        return node

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Node | None:
        frame = self._awaiting_key()
        if frame is not None and event.value == "<<" and event.implicit[0]:
            frame.merging = True
            return None
        node = Scalar(line, _value(event, line), event.value)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return self._add(node, line)

    def _awaiting_key(self) -> _Frame | None:
        return self._open[-1] if self._open and self._open[-1].awaits_key else None

    def _add(self, node: Node, line: int) -> Node | None:
        """Put a finished value where it belongs; return it when it is a whole document."""
        if not self._open:
            self._total += node.size
            if self._total > MAX_VALUES:
                raise NodeError(line, f"more than {MAX_VALUES} values (split the file)")
            return node
        frame = self._open[-1]
        if frame.awaits_key:
            frame.key = (_unique(frame, _key(node, line), line), line)
            return None
        self._grow(frame, node, line)
        if not frame.is_table:
            frame.items.append(node)
        elif frame.merging:
            frame.merges.extend(_mergeable(node, line))
            frame.merging = False
        elif frame.key is not None:
            frame.entries[frame.key[0]] = Entry(frame.key[1], node)
            frame.key = None
        return None

    @staticmethod
    def _grow(frame: _Frame, node: Node, line: int) -> None:
        frame.size += node.size
        if frame.size > MAX_VALUES:
            msg = f"more than {MAX_VALUES} values, aliases expanded (split the file)"
            raise NodeError(line, msg)


def _key(node: Node, line: int) -> str:
    """Return a key as sigs.k8s.io/yaml does: `on:` is the key "true", `8080:` the key "8080"."""
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, bool):
            return str(node.value).lower()
        if isinstance(node.value, int):
            return str(node.value)
    raise NodeError(line, "a key must be a string (quote it)")


def _unique(frame: _Frame, key: str, line: int) -> str:
    if key in frame.entries:
        raise NodeError(line, f'key "{plain(key)}" already set in map (line {frame.entries[key].line})')
    return key


def _mergeable(node: Node, line: int) -> Iterator[Table]:
    tables = node.items if isinstance(node, Sequence) else (node,)
    for table in tables:
        if not isinstance(table, Table):
            raise NodeError(line, "map merge requires map or sequence of maps as the value")
        yield table


def _merged(frame: _Frame) -> dict[str, Entry]:
    """Own keys win over merged ones; of several merged mappings the earlier wins (YAML merge type)."""
    result: dict[str, Entry] = {}
    for table in reversed(frame.merges):
        result.update(table.entries)
    result.update(frame.entries)
    return result


def _value(event: yaml.ScalarEvent, line: int) -> Value:
    tag, text = event.tag, str(event.value)
    if event.implicit[0] and tag is None:
        return resolve(text)
    if tag in {None, "!", f"{_TAG}str"}:
        return text
    if tag == f"{_TAG}binary":
        return _binary(text, line)
    if tag not in _TYPED:
        raise NodeError(line, f'the tag "{plain(_short(tag))}" is not supported')
    value = resolve(text)
    fits: bool = isinstance(value, _TYPED[tag])
    if not fits:
        raise NodeError(line, f'"{plain(text)}" is not of the type that its tag {_short(tag)} says')
    return value


def _binary(text: str, line: int) -> str:
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, ValueError) as error:
        raise NodeError(line, "!!binary data that is not base64 of UTF-8 text") from error


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!")
