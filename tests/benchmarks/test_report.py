from __future__ import annotations

from benchmarks.cases import CASES, Measurement
from benchmarks.report import ratios, table


def rounds(*costs: float, errors: int = 0) -> list[Measurement]:
    return [Measurement(cost, 10_000.0, 1500.0, 9000.0, 15.2, errors) for cost in costs]


FOUND = {"haproxy": rounds(20.0, 30.0, 40.0), "readylb": rounds(30.0, 30.0, 20.0, errors=1)}


def test_a_ratio_is_taken_within_its_round() -> None:
    assert ratios(FOUND, "readylb", "haproxy") == [1.5, 1.0, 0.5]
    assert ratios(FOUND, "haproxy", "haproxy") == [1.0, 1.0, 1.0]


def test_the_table_shows_medians_the_rounds_and_every_error() -> None:
    lines = table(CASES["keepalive"], FOUND, "haproxy").splitlines()
    assert lines[0] == "### Small answers (128 B), keep-alive, 64 connections"
    assert lines[-1] == ("| readylb | 30.0 | **1.00** | 1.50 1.00 0.50 | 10,000 | 1.50 | 9.00 | 15 | 3 |")
