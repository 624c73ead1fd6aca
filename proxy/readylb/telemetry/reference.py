"""The table of metrics for people to read, made from the one that the program goes by.

`python -m readylb.telemetry.reference docs/metrics.md` renews it between the markers of a document.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from readylb.telemetry.metric_table import TABLE

_MARKED = re.compile(r"(<!-- table: metrics -->\n).*?(<!-- end -->)", re.DOTALL)


def metrics_table() -> str:
    """Return every metric with its labels, as Markdown."""
    rows = (
        f"| `{row.name}` | {row.type.value} | {', '.join(row.labels) or '-'} | {row.help} |" for row in TABLE
    )
    lines = ("| metric | type | labels | meaning |", "| --- | --- | --- | --- |", *rows)
    return "".join(f"{line}\n" for line in lines)


def renew(document: str) -> str:
    """Return a document with its table as it must be now."""
    return _MARKED.sub(lambda found: found[1] + metrics_table() + found[2], document)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(renew(path.read_text(encoding="utf-8")), encoding="utf-8")
