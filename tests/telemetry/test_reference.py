from __future__ import annotations

from pathlib import Path

from readylb.telemetry.metric_table import TABLE
from readylb.telemetry.reference import renew

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_the_document_has_the_table_as_it_is_now() -> None:
    assert renew(DOCUMENT) == DOCUMENT, "run: python -m readylb.telemetry.reference docs/metrics.md"


def test_every_metric_is_in_it() -> None:
    assert [row.name for row in TABLE if f"| `{row.name}` |" not in DOCUMENT] == []
