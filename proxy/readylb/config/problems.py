"""What is wrong with a configuration, and where: problems are collected, never thrown one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from readylb.core.isolation import Isolation
from readylb.errors import ConfigError
from readylb.model import Object

#: More than a screen or two of problems helps nobody, and a hostile file may hold millions.
SHOWN_PROBLEMS = 100
#: Beyond this, errors are only counted, and warnings dropped: nobody reads the thousandth.
_KEPT_PROBLEMS = 1000
#: Longest piece of somebody's text that a message repeats, in characters.
SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or odd). `line` counts from 1; 0: the whole file. `path` may be empty."""

    file: str
    line: int
    path: str
    message: str

    @property
    def place(self) -> str:
        """`FILE:LINE`, or `FILE` alone."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def text(self) -> str:
        """`PATH: MESSAGE`, or the message alone."""
        return f"{self.path}: {self.message}" if self.path else self.message

    def __str__(self) -> str:
        """`FILE:LINE: PATH: MESSAGE`."""
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class AccessLogTarget:
    """Where the access log goes: a path, or `-` for standard output; and in which format."""

    path: str
    line_format: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that may be applied: objects with defaults filled in, in the order they were read."""

    objects: tuple[Object, ...] = ()
    warnings: tuple[Problem, ...] = ()
    images: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    access_log: AccessLogTarget | None = None
    isolation: Isolation | None = None


class Report:
    """Collects problems while a configuration is read. What is said twice is kept once."""

    def __init__(self, *, strict: bool = True) -> None:
        """Collect; `strict` says whether unknown fields are errors."""
        self.strict = strict
        self._errors: dict[Problem, None] = {}
        self._unkept = 0
        self._warnings: dict[Problem, None] = {}

    def __repr__(self) -> str:
        """Show how much has been found."""
        return f"<Report {len(self._errors)} errors, {len(self._warnings)} warnings>"

    def error(self, file: str, line: int, path: str, message: str) -> None:
        """Add something that must be put right."""
        if len(self._errors) >= _KEPT_PROBLEMS:
            self._unkept += 1
        else:
            self._errors[Problem(file, line, path, _escaped(message))] = None

    def warn(self, file: str, line: int, path: str, message: str) -> None:
        """Add something that is left out of account."""
        if len(self._warnings) < _KEPT_PROBLEMS:
            self._warnings[Problem(file, line, path, _escaped(message))] = None

    def lenient(self, file: str, line: int, path: str, message: str) -> None:
        """Add an error that `strict=False` turns into a warning."""
        (self.error if self.strict else self.warn)(file, line, path, message)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What must be put right, in the order it was found."""
        return tuple(self._errors)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is left out of account, in the order it was found."""
        return tuple(self._warnings)

    @property
    def crowded(self) -> bool:
        """Say whether there is more than anybody will be shown: hints need not be looked for."""
        return len(self._errors) + len(self._warnings) > SHOWN_PROBLEMS

    def raise_errors(self) -> None:
        """Raise ConfigError with every error, one a line, if there is any."""
        if not self._errors:
            return
        lines = [str(problem) for problem in self.errors[:SHOWN_PROBLEMS]]
        if (more := len(self._errors) + self._unkept - SHOWN_PROBLEMS) > 0:
            lines.append(f"... and {more} more problems")
        raise ConfigError("\n".join(lines))


def quote(value: object) -> str:
    """Return a value as Kubernetes' messages show it: strings in double quotes, the rest as JSON.

    Control characters are escaped (a file must not move the reader's cursor) and long text is cut.
    """
    if isinstance(value, str) and len(value) > SHOWN_CHARACTERS:
        value = value[:SHOWN_CHARACTERS] + "..."
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    shown = text if len(text) <= 4 * SHOWN_CHARACTERS else text[: 4 * SHOWN_CHARACTERS] + "..."
    return _escaped(shown)


def plain(text: str) -> str:
    """Return a name or key for use inside a message: escaped and cut like `quote`, without the quotes."""
    return quote(text)[1:-1]


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
