"""Tables for people to read, made from the tables that the program goes by.

`python -m readylb.config.reference docs/traffic.md` renews those between the markers of a document.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from readylb.core.limits import LIMITS, Limit
from readylb.core.slow_start import share
from readylb.core.termination import MEANINGS

_MARKED = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def limits_table() -> str:
    """Return every limit with its default and reason, as Markdown."""
    rows = (
        f"| `{name}` | {_shown(limit)} | {limit.beyond} | {limit.reason} |" for name, limit in LIMITS.items()
    )
    head = ("| limit | default | beyond it | why, and neighbours |", "| --- | --- | --- | --- |")
    return _lines((*head, *rows))


def terminations_table() -> str:
    """Return every way to end, as Markdown."""
    rows = (f"| `{word.value}` | {client} | {meaning} |" for word, (client, meaning) in MEANINGS.items())
    return _lines(("| reason | the client gets | meaning |", "| --- | --- | --- |", *rows))


def slow_start_table() -> str:
    """Return what part of its weight an endpoint has during a slow start, as Markdown."""
    ages = (0, 10, 25, 50, 75, 100)
    head = "| ready for, of the time | " + " | ".join(f"{age} %" for age in ages) + " |"
    line = "| --- |" + " --- |" * len(ages)
    shares = "| part of its weight | " + " | ".join(f"{share(age, 100):.0%}" for age in ages) + " |"
    return _lines((head, line, shares))


def renew(document: str) -> str:
    """Return a document with its tables as they must be now. KeyError for a table that there is not."""

    def table(found: re.Match[str]) -> str:
        return found[1] + TABLES[found[2]] + found[3]

    return _MARKED.sub(table, document)


def _shown(limit: Limit) -> str:
    return f"{limit.default:g}" if not limit.whole else str(int(limit.default))


def _lines(lines: tuple[str, ...]) -> str:
    return "".join(f"{line}\n" for line in lines)


#: What may stand behind `table:` in a document.
TABLES: Mapping[str, str] = {
    "limits": limits_table(),
    "slowstart": slow_start_table(),
    "terminations": terminations_table(),
}

if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(renew(path.read_text(encoding="utf-8")), encoding="utf-8")
