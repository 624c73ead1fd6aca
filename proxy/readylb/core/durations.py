"""How Kubernetes prints lengths of time: `HumanDuration` for people, Go's `Duration.String` in messages."""

from __future__ import annotations

_MINUTE = 60
_HOUR = 3600
_DAY = 86400
_YEAR = 365 * _DAY

#: (below this many seconds, whole unit, its letter, smaller unit shown when not zero, its letter).
#: Source: apimachinery/pkg/util/duration/duration.go, HumanDuration.
_HUMAN = (
    (2 * _MINUTE, 1, "s", 0, ""),
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 0, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (48 * _HOUR, _HOUR, "h", 0, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 0, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
    (float("inf"), _YEAR, "y", 0, ""),
)

#: Clocks of two machines may differ by less than this; beyond it an age is nonsense.
_TOLERATED_PAST = -1


def human_duration(seconds: float | None) -> str:
    """Return `23s`, `4m55s`, `36m`, `2d3h` ...; `<unknown>` for None, `<invalid>` for the future.

    Source: apimachinery/pkg/util/duration, HumanDuration.
    """
    if seconds is None:
        return "<unknown>"
    whole = int(seconds)
    if whole < _TOLERATED_PAST:
        return "<invalid>"
    whole = max(whole, 0)
    _, unit, letter, part, part_letter = next(row for row in _HUMAN if whole < row[0])
    rest = whole % unit // part if part else 0
    return f"{whole // unit}{letter}" + (f"{rest}{part_letter}" if rest else "")


def go_duration(seconds: float) -> str:
    """Return Go's `Duration.String`: `0s`, `150ms`, `1.5s`, `10s`, `1m20s`, `1h0m5s`."""
    nanoseconds = round(seconds * 1e9)
    sign, nanoseconds = ("-" if nanoseconds < 0 else ""), abs(nanoseconds)
    if nanoseconds == 0:
        return "0s"
    for limit, unit, letter in ((1_000, 1, "ns"), (1_000_000, 1_000, "µs"), (1_000_000_000, 1_000_000, "ms")):
        if nanoseconds < limit:
            return f"{sign}{_decimal(nanoseconds, unit)}{letter}"
    minutes, rest = divmod(nanoseconds, _MINUTE * 1_000_000_000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_decimal(rest, 1_000_000_000)}s"


def _decimal(value: int, unit: int) -> str:
    """Return `value / unit` without trailing zeros."""
    whole, rest = divmod(value, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)
