from __future__ import annotations

from benchmarks.soak import Period, verdict


def periods(*mib: float, errors: int = 0) -> list[Period]:
    return [Period(number / 10, 1000.0, 50.0, 900.0, errors, size, 80) for number, size in enumerate(mib)]


def test_steady_memory_and_no_error_is_flat() -> None:
    assert verdict(periods(60, 61, 60, 61, 60, 61, 60, 61)) == []


def test_memory_that_goes_on_growing_is_named() -> None:
    assert verdict(periods(60, 61, 64, 67, 70, 73, 76, 79)) == ["memory grew from 61.0 to 77.5 MiB"]


def test_a_failed_request_is_named() -> None:
    assert verdict(periods(60, 60, errors=2)) == ["4 requests failed"]


def test_a_row_shows_units_people_read() -> None:
    assert periods(60.04)[0].row() == "| 0.0 | 1,000 | 50.0 | 0.9 | 0 | 60.0 | 80 |"
