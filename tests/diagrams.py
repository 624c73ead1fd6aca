"""What ARCHITECTURE.md shows of the tables in `core/`: drawn from them, never by hand.

`python tests/diagrams.py` writes the document anew; `tests/test_diagrams.py` holds it to the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from readylb.core.container_life import TABLE, Stage
from readylb.core.retry import Decision, Failure, decide

DOCUMENT = Path(__file__).parent.parent / "ARCHITECTURE.md"
_BLOCK = re.compile(r"(<!-- drawn: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_WORDS = {
    Decision.RETRY: "another endpoint",
    Decision.WAIT: "wait on",
    Decision.CUT: "cut",
}


def container_life() -> str:
    """Return the stages of a container as a state diagram."""
    ordered = sorted(TABLE.items(), key=lambda row: (list(Stage).index(row[0][0]), row[1]))
    lines = [f"    [*] --> {Stage.NEW}"]
    for (stage, after), rows in groupby(ordered, key=lambda row: (row[0][0], row[1])):
        lines.append(f"    {stage} --> {after}: {', '.join(step for (_, step), _ in rows)}")
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def retry() -> str:
    """Return the truth table of retries: rows are failures, columns what is known of the request."""
    columns = (
        ("idempotent, body held", {"idempotent": True, "body_held": True, "head_out": False}),
        ("not idempotent, body held", {"idempotent": False, "body_held": True, "head_out": False}),
        ("body gone", {"idempotent": True, "body_held": False, "head_out": False}),
        ("response begun", {"idempotent": True, "body_held": True, "head_out": True}),
    )
    lines = [f"| failure | {' | '.join(title for title, _ in columns)} |", "| --- " * 5 + "|"]
    for failure in Failure:
        decisions = (decide(failure, **known, tries_left=1) for _, known in columns)
        cells = (_WORDS.get(decision) or str(decision.value) for decision in decisions)
        lines.append(f"| {failure.value} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


DRAWINGS: dict[str, Callable[[], str]] = {"container_life": container_life, "retry": retry}


def drawn(text: str) -> str:
    """Return the document with every drawing made anew."""
    return _BLOCK.sub(lambda found: found[1] + DRAWINGS[found["name"]]() + found[3], text)


def names(text: str) -> list[str]:
    """Return the names of the drawings in the document."""
    return [found["name"] for found in _BLOCK.finditer(text)]


if __name__ == "__main__":
    DOCUMENT.write_text(drawn(DOCUMENT.read_text()))
