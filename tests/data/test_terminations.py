"""Every word for an end is one that something in data/ says, and data/ says no other."""

from __future__ import annotations

import re
from pathlib import Path

from readylb.core.retry import Failure
from readylb.core.termination import Termination, of_refusal

DATA = Path(__file__).resolve().parents[2] / "proxy" / "readylb" / "data"
SOURCE = "".join(path.read_text(encoding="utf-8") for path in sorted(DATA.glob("*.py")))
TESTS = Path(__file__).resolve().parents[1]
TESTED = "".join(
    path.read_text(encoding="utf-8")
    for path in sorted(TESTS.rglob("*.py"))
    if path.name not in {"test_termination.py", "test_terminations.py"}
)


def test_every_end_is_one_that_something_comes_to() -> None:
    said = {Termination[name].value for name in re.findall(r"Termination\.([A-Z_]+)", SOURCE)}
    said |= {failure.value for failure in Failure} | {
        of_refusal(status) for status in (400, 408, 413, 414, 431, 508)
    }
    assert {word.value for word in Termination} - said == set()


def test_nothing_ends_in_words_of_its_own() -> None:
    words = re.findall(r'(?:finish|abandon|_abort|refuse|_ended|reject)\((?:[^()"]*, )?"([A-Za-z]+)"', SOURCE)
    assert words == []


def test_every_end_is_produced_by_a_test() -> None:
    assert [word.value for word in Termination if f'"{word.value}"' not in TESTED] == []
