from __future__ import annotations

import time

import pytest

from readylb.cli.intervals import event_interval, parse_duration, rfc1123, since
from readylb.errors import UsageError

NOW = 1_700_000_000.0
FIRST, LAST = "2023-11-14T22:08:25Z", "2023-11-14T22:13:16Z"


def test_how_long_ago_is_short() -> None:
    assert since(LAST, NOW) == "4s"
    assert since(None, NOW) == "<unknown>"


@pytest.mark.parametrize(("count", "text"), [(9, "4s (x9 over 4m55s)"), (1, "4m55s")])
def test_a_repeated_event_shows_count_and_span(count: int, text: str) -> None:
    event = {"firstTimestamp": FIRST, "lastTimestamp": LAST, "count": count}
    assert event_interval(event, NOW) == text


def test_moments_have_the_local_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert rfc1123(LAST) == "Wed, 15 Nov 2023 07:13:16 +0900"
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("1h30m", 5400), ("0s", 0)])
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration("--since", text) == seconds


@pytest.mark.parametrize("text", ["", "5", "5x", "m", "-5s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"cannot read --since"):
        parse_duration("--since", text)
