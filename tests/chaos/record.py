"""What a run leaves for its judge besides the clients' word: ledgers, faults, the access log."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: With these a request that an endpoint has may be lost.
DESTRUCTIVE = frozenset(("kill", "rude accept"))
#: And with these, what can be repeated needs another try.
BREAKING = DESTRUCTIVE | {"stop", "rude deaf", "rude mute"}
#: These end pods, and what a pod has not answered by then has until the end of its grace period.
ENDING = frozenset(
    ("scale", "rollout", "delete", "removed", "reload-env", "reload-replicas", "reload-endpoints")
)


@dataclass(frozen=True)
class Entry:
    """One line of an endpoint's ledger; `what` is `got`, `did`, `bad`, `said`, `rude`, or of its life."""

    moment: float
    pod: str
    what: str
    name: str
    more: str


@dataclass(frozen=True)
class Fault:
    """A fault as it was: from when to when, what, and to whom; empty: to no endpoint in particular."""

    start: float
    end: float
    kind: str
    pod: str = ""
    #: Where it came from in the plan.
    source: str = ""

    def overlaps(self, start: float, end: float) -> bool:
        return self.start <= end and start <= self.end

    def __str__(self) -> str:
        return f"{self.start:.3f}-{self.end:.3f} {self.kind} {self.pod} ({self.source})"


def entries_of(folder: Path) -> list[Entry]:
    """Return what all endpoints noted, oldest first."""
    found = []
    for path in folder.glob("*.ledger"):
        for line in path.read_text().splitlines():
            moment, what, name, more = line.split(" ")
            found.append(Entry(float(moment), path.stem, what, name, more))
    return sorted(found, key=lambda entry: entry.moment)


def log_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of the access log by the name of the request, of a TCP connection by its client."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in path.read_text().splitlines():
        item = json.loads(line)
        words = (item["target"] or "").split("/")
        found[words[2] if len(words) > 2 else item["client"]].append(item)
    return found
