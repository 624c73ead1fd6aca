"""Elastic columns exactly as Go's text/tabwriter makes them, which kubectl prints everything with.

Cells end with a tab; a column is a run of consecutive lines that have a cell there, and is as wide
as its widest cell. What follows the last tab of a line is not a cell and is never padded.
"""

from __future__ import annotations

from dataclasses import dataclass, field


def align(text: str, *, minimum: int = 0, padding: int = 2) -> str:
    """Return `text` (lines that end with a newline) with tabs turned into blanks.

    `padding` blanks at least follow a cell; a column is at least `minimum` wide, padding included.
    Source: go/src/text/tabwriter/tabwriter.go, format.
    """
    lines = [line.split("\t") for line in text.split("\n")]
    writer = _Writer(lines, minimum, padding)
    writer.format(0, len(lines))
    return "\n".join(writer.done)


@dataclass(slots=True)
class _Writer:
    lines: list[list[str]]
    minimum: int
    padding: int
    widths: list[int] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def format(self, first: int, end: int) -> None:
        """Print lines `first` to `end`; the columns to their left have their widths already."""
        column, line = len(self.widths), first
        while line < end:
            if not self._has_cell(line, column):
                line += 1
                continue
            self._print(first, line)
            first = line
            while line < end and self._has_cell(line, column):
                line += 1
            cells = (len(self.lines[index][column]) + self.padding for index in range(first, line))
            self.widths.append(max(self.minimum, *cells))
            self.format(first, line)
            self.widths.pop()
            first = line
        self._print(first, end)

    def _has_cell(self, line: int, column: int) -> bool:
        return column < len(self.lines[line]) - 1

    def _print(self, first: int, end: int) -> None:
        for line in self.lines[first:end]:
            self.done.append(
                "".join(
                    cell.ljust(self.widths[index]) if index < len(self.widths) else cell
                    for index, cell in enumerate(line)
                )
            )


class Columns:
    """Rows printed as they come, in columns that stay as wide as they once were (`get -w`).

    Source: kubectl's pkg/cmd/get and liggitt/tabwriter (RememberWidths): at least 6 wide, 3 blanks apart.
    """

    def __init__(self) -> None:
        """Begin with no width at all."""
        self._widths: list[int] = []

    def lines(self, rows: list[list[str]]) -> list[str]:
        """Return the rows as lines; the last cell of a row is not padded."""
        for row in rows:
            self._widths += [0] * (len(row) - len(self._widths))
            for index, cell in enumerate(row):
                self._widths[index] = max(self._widths[index], len(cell) + 3, 6)
        return [self._line(row) for row in rows]

    def _line(self, row: list[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(row[:-1], self._widths, strict=False))
        return "".join(padded) + row[-1]
