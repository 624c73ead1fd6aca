"""Prints the server's Tables as `kubectl get` does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from readylb.cli.tabwriter import Columns
from readylb.core.api_resources import ApiResource

#: EXTERNAL-IP is cut to this many characters unless wide (loadBalancerWidth in printers.go).
_EXTERNAL_WIDTH = 16


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How to print: `-o wide`, with a NAMESPACE column, names as `TYPE/NAME`, without the head."""

    wide: bool = False
    namespaces: bool = False
    kinds: bool = False
    headers: bool = True


@dataclass(slots=True)
class TablePrinter:
    """Prints Tables of one resource, the head once; widths are kept from Table to Table."""

    resource: ApiResource
    options: TableOptions
    _columns: Columns = field(default_factory=Columns)
    _definitions: list[dict[str, Any]] = field(default_factory=list)
    _head_done: bool = False

    def lines(self, table: dict[str, Any]) -> list[str]:
        """Return the lines to print for a Table."""
        if table.get("columnDefinitions"):
            self._definitions = table["columnDefinitions"]
        rows = [self._row(row) for row in table.get("rows", ())]
        if not self._head_done and self.options.headers:
            rows.insert(0, self._head())
            self._head_done = True
        return self._columns.lines(rows)

    def _head(self) -> list[str]:
        names = [column["name"].upper() for column in self._shown()]
        return ["NAMESPACE", *names] if self.options.namespaces else names

    def _row(self, row: dict[str, Any]) -> list[str]:
        shown = zip(self._definitions, row["cells"], strict=True)
        cells = [self._cell(column, cell) for column, cell in shown if self._is_shown(column)]
        if self.options.namespaces:
            return [str(row["object"]["metadata"].get("namespace", "")), *cells]
        return cells

    def _cell(self, column: dict[str, Any], cell: object) -> str:
        text = str(cell)
        if column["format"] == "name" and self.options.kinds:
            return f"{self.resource.qualified_singular}/{text}"
        if column["name"] == "External-IP" and not self.options.wide and len(text) > _EXTERNAL_WIDTH:
            return text[: _EXTERNAL_WIDTH - 3] + "..."
        return text

    def _shown(self) -> list[dict[str, Any]]:
        return [column for column in self._definitions if self._is_shown(column)]

    def _is_shown(self, column: dict[str, Any]) -> bool:
        return self.options.wide or not column["priority"]
