from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from benchmarks.cases import CASES
from benchmarks.measurement import Measurement
from benchmarks.picture import picture
from benchmarks.report import P99_TARGETS, TARGETS, ratios, summary, table


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


def test_the_summary_sets_each_ratio_beside_its_target() -> None:
    lines = summary({"keepalive": FOUND}).splitlines()
    assert lines[2] == f"| {CASES['keepalive'].title} | readylb | **1.00** (≤ 1.0) | - | - |"


def test_where_latencies_have_a_target_they_are_compared_round_by_round_as_well() -> None:
    late = {
        "haproxy": rounds(1.0, 1.0),
        "readylb": [replace(item, p99_microseconds=4500.0) for item in rounds(1.0)],
    }
    lines = summary({"paced": late, "tcp": late}).splitlines()
    assert f"| {CASES['paced'].title} | readylb | **0.50** (≤ 1.0) | - | - |" in lines
    assert sum(CASES["tcp"].title in line for line in lines) == 1


def test_every_target_is_one_of_a_case() -> None:
    assert set(TARGETS) | set(P99_TARGETS) <= set(CASES)


def test_the_picture_is_well_formed_and_has_a_bar_for_each_proxy() -> None:
    drawn = ET.fromstring(picture({"keepalive": FOUND}, "haproxy"))  # noqa: S314 - our own
    texts = [item.text for item in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert CASES["keepalive"].title in texts
    assert [text for text in texts if text in FOUND] == list(FOUND)
