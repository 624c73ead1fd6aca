from __future__ import annotations

from pathlib import Path

import pytest

from readylb.config.reference import TABLES, renew
from readylb.core.limits import LIMITS
from readylb.core.termination import Termination

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "traffic.md").read_text(encoding="utf-8")


def test_the_document_has_the_tables_as_they_are_now() -> None:
    assert renew(DOCUMENT) == DOCUMENT, "run: python -m readylb.config.reference docs/traffic.md"


def test_every_limit_and_every_end_is_in_a_table() -> None:
    assert [name for name in LIMITS if f"| `{name}` |" not in DOCUMENT] == []
    assert [word.value for word in Termination if f"| `{word.value}` |" not in DOCUMENT] == []


def test_a_table_that_is_out_of_date_is_replaced() -> None:
    old = "a\n<!-- table: limits -->\n| old |\n<!-- end -->\nb\n"
    assert renew(old) == f"a\n<!-- table: limits -->\n{TABLES['limits']}<!-- end -->\nb\n"


def test_a_table_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError):
        renew("<!-- table: nonsense -->\n<!-- end -->")
