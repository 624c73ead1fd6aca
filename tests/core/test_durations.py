from __future__ import annotations

import pytest

from readylb.core.durations import go_duration, human_duration

HOUR = 3600
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "<unknown>"),
        (-2, "<invalid>"),
        (-1.5, "0s"),
        (0, "0s"),
        (1.9, "1s"),
        (119, "119s"),
        (120, "2m"),
        (295, "4m55s"),
        (599, "9m59s"),
        (600, "10m"),
        (36 * 60 + 50, "36m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 65, "3h1m"),
        (8 * HOUR + 60, "8h"),
        (47 * HOUR, "47h"),
        (48 * HOUR, "2d"),
        (51 * HOUR, "2d3h"),
        (8 * DAY + HOUR, "8d"),
        (729 * DAY, "729d"),
        (731 * DAY, "2y1d"),
        (8 * 365 * DAY + DAY, "8y"),
    ],
)
def test_an_age_is_printed_as_kubectl_prints_it(seconds: float | None, shown: str) -> None:
    assert human_duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (10, "10s"),
        (80, "1m20s"),
        (300, "5m0s"),
        (3605, "1h0m5s"),
        (0.15, "150ms"),
        (1.5, "1.5s"),
        (0.0000025, "2.5µs"),
        (5e-9, "5ns"),
        (-2, "-2s"),
    ],
)
def test_a_duration_is_printed_as_go_prints_it(seconds: float, shown: str) -> None:
    assert go_duration(seconds) == shown
