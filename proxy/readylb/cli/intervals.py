"""How long ago something happened, from the API's time stamps, as kubectl words it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from readylb.core.durations import human_duration
from readylb.errors import UsageError

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_duration(option: str, text: str) -> int:
    """Return the seconds of `30s`, `5m` or `1h30m`, given to `option`; UsageError."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        msg = f"cannot read {option} {text}: it is a duration such as 30s, 5m or 1h30m"
        raise UsageError(msg)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def moment(text: str) -> datetime:
    """Return the moment of an RFC 3339 time stamp."""
    return datetime.fromisoformat(text)


def since(text: str | None, now: float) -> str:
    """Return how long ago, in short; `<unknown>` for none. `now` is in epoch seconds."""
    return human_duration(None if not text else now - moment(text).timestamp())


def event_interval(event: dict[str, Any], now: float) -> str:
    """Return `4s (x9 over 4m55s)`: since last seen, how often, since first seen; once: just the age."""
    last = since(event.get("lastTimestamp"), now)
    if event.get("count", 1) > 1:
        return f"{last} (x{event['count']} over {since(event.get('firstTimestamp'), now)})"
    return since(event.get("firstTimestamp"), now)


def rfc1123(text: str | None) -> str:
    """Return `Sat, 21 Nov 2026 20:49:46 +0000` in the local zone, as `describe` prints moments."""
    if not text:
        return "Mon, 01 Jan 0001 00:00:00 +0000"  # Go's zero time
    return moment(text).astimezone().strftime("%a, %d %b %Y %H:%M:%S %z")
