"""JSON text to nodes: YAML's parser would reject surrogate pairs and long keys that JSON allows.

Several JSON objects may follow each other in one text, as kubectl's decoder takes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from json import decoder

from readylb.config.nodes import MAX_DEPTH, MAX_VALUES, Entry, Node, NodeError, Scalar, Sequence, Table
from readylb.config.problems import plain
from readylb.config.scalars import Value

_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,63})(\.[0-9]{1,64})?([eE][-+]?[0-9]{1,3})?")
_LITERAL: dict[str, Value] = {"true": True, "false": False, "null": None}
#: The standard library's own string scanner (in C): (text, start) -> (string, end).
_scan: Callable[[str, int], tuple[str, int]] = vars(decoder)["scanstring"]
_SURROGATE = re.compile("[\ud800-\udfff]")


def looks_like_json(text: str) -> bool:
    """Say whether the text begins as a JSON object does (apimachinery `GuessJSONStream`)."""
    return text.lstrip(" \t\r\n")[:1] == "{"


def read_json(text: str) -> Iterator[Node]:
    """Yield each top-level value. NodeError when malformed."""
    reader = _Reader(text)
    while not reader.at_end():
        yield reader.value(0)


class _Reader:
    """A cursor on the text; recursion is bounded by MAX_DEPTH."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._count = 0
        self._line = 1
        self._line_at = 0

    def at_end(self) -> bool:
        """Skip blanks; say whether nothing follows."""
        return self._peek() == ""

    def value(self, depth: int) -> Node:
        """Read one value of any type."""
        char = self._peek()
        line = self._lines()
        self._count += 1
        if depth > MAX_DEPTH:
            raise NodeError(line, f"nested more than {MAX_DEPTH} levels deep")
        if self._count > MAX_VALUES:
            raise NodeError(line, f"more than {MAX_VALUES} values (split the file)")
        if char == "{":
            return self._object(line, depth)
        if char == "[":
            return self._array(line, depth)
        if char == '"':
            text = self._string()
            return Scalar(line, text, text)
        return self._word(line)

    def _object(self, line: int, depth: int) -> Table:
        entries: dict[str, Entry] = {}
        before = self._count
        self._at += 1
        while self._separated(first=not entries, closing="}"):
            if self._peek() != '"':
                raise NodeError(self._lines(), "not JSON: expected a key in double quotes")
            key_line = self._lines()
            key = self._string()
            if key in entries:
                msg = f'key "{plain(key)}" already set in map (line {entries[key].line})'
                raise NodeError(key_line, msg)
            self._expect(":")
            entries[key] = Entry(key_line, self.value(depth + 1))
        return Table(line, entries, self._count - before + 1)

    def _array(self, line: int, depth: int) -> Sequence:
        items: list[Node] = []
        before = self._count
        self._at += 1
        while self._separated(first=not items, closing="]"):
            items.append(self.value(depth + 1))
        return Sequence(line, tuple(items), self._count - before + 1)

    def _separated(self, *, first: bool, closing: str) -> bool:
        """Step over a comma, or over the closing bracket and say False."""
        char = self._peek()
        if char == closing:
            self._at += 1
            return False
        if not first:
            self._expect(",")
        return True

    def _string(self) -> str:
        try:
            text, self._at = _scan(self._text, self._at + 1)
        except json.JSONDecodeError as error:
            raise NodeError(self._lines(), f"not JSON: {error.msg.lower()}") from error
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)

    def _word(self, line: int) -> Scalar:
        for word, value in _LITERAL.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return Scalar(line, value, word)
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            raise NodeError(line, "not JSON: expected a value")
        self._at = match.end()
        number: Value = float(match[0]) if match[1] or match[2] else int(match[0])
        return Scalar(line, number, match[0])

    def _peek(self) -> str:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _expect(self, char: str) -> None:
        if self._peek() != char:
            raise NodeError(self._lines(), f'not JSON: expected "{char}"')
        self._at += 1

    def _lines(self) -> int:
        """Return the line of the cursor; counts on from the last call."""
        self._line += self._text.count("\n", self._line_at, self._at)
        self._line_at = self._at
        return self._line
