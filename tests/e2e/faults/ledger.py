"""What the endpoints executed, held against what the clients were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.faults.mixed_load import Ask

#: What a change of readiness may take from the probe's answer to the last request that follows the old
#: table, as the endpoint sees it; generous, for a busy machine.
NEWS_SECONDS = 1.0


@dataclass(frozen=True)
class Entry:
    """One line: `kind` is a method, the status of a probe, `start` or `term`."""

    moment: float
    kind: str
    path: str


def ledgers(folder: Path) -> dict[str, list[Entry]]:
    """Return every ledger by pod, oldest entry first."""
    return {path.stem: _entries(path) for path in sorted(folder.glob("*.ledger"))}


def _entries(path: Path) -> list[Entry]:
    parts = [line.split(" ") for line in path.read_text().splitlines()]
    return [Entry(float(moment), kind, what) for moment, kind, what in parts]


def executions(folder: Path) -> Counter[str]:
    """Count how often each POST was executed, anywhere."""
    return Counter(
        entry.path for entries in ledgers(folder).values() for entry in entries if entry.kind == "POST"
    )


def complaints(
    asks: Sequence[Ask],
    folder: Path,
    *,
    faults: Sequence[tuple[float, float]] = (),
    gets_may_be_cut: bool = False,
) -> list[str]:
    """Return what must not be: a lost GET, a POST executed twice or lost for no reason.

    A POST may fail only if it was under way during one of `faults` (spans of the monotonic clock),
    and a GET only with `gets_may_be_cut`, by a cut in the middle of its answer.
    """
    wrong = []
    executed = executions(folder)
    for ask in asks:
        times = executed[ask.path]
        if ask.method == "GET":
            if not ask.answered and not (gets_may_be_cut and ask.status in {0, 502}):
                wrong.append(f"GET lost: {ask}")
        elif times > 1:
            wrong.append(f"POST executed {times} times: {ask}")
        elif ask.answered:
            if times != 1:
                wrong.append(f"POST answered but never executed: {ask}")
        elif ask.status == 200:
            wrong.append(f"POST got the answer of another: {ask}")
        elif not any(ask.began <= end and ask.ended >= start for start, end in faults):
            wrong.append(f"POST lost without a reason, executed {times} times: {ask}")
    return wrong


def sent_to_unready(folder: Path, *, failure_threshold: int = 1) -> list[str]:
    """Return what was executed before a first passing probe, after too many failed ones, after SIGTERM."""
    wrong = []
    for pod, entries in ledgers(folder).items():
        passed = False
        failures = 0
        out_since: float | None = None
        for entry in entries:
            if entry.kind in {"start", "term"}:
                passed = entry.kind == "term" and passed
                failures = 0
                out_since = entry.moment if passed else None
            elif entry.kind == "200":
                passed, failures, out_since = True, 0, None
            elif entry.kind == "500":
                failures += 1
                if failures == failure_threshold:
                    out_since = entry.moment
            elif not passed:
                wrong.append(f"{pod} got {entry} before it was Ready")
            elif out_since is not None and entry.moment > out_since + NEWS_SECONDS:
                wrong.append(f"{pod} got {entry} {entry.moment - out_since:.3f} s after it was out")
    return wrong
