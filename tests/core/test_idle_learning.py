from __future__ import annotations

import math

import pytest

from readylb.core.idle_learning import IdleLimit


def head(line: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + line + b"\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        (b"Keep-Alive: timeout=5", 4.0),
        (b"keep-alive: max=100, timeout=60", 48.0),
        (b"Keep-Alive:timeout=2, max=5", 1.5),
        (b"Keep-Alive: timeout=0", 0.0),
        (b"Keep-Alive: max=100", math.inf),
        (b"X-Keep-Alive: timeout=5", math.inf),
        (b"Keep-Alive: xtimeout=5", math.inf),
        (b"X: Keep-Alive: timeout=5", math.inf),
    ],
)
def test_what_an_endpoint_says_is_kept_off(line: bytes, seconds: float) -> None:
    limit = IdleLimit()
    limit.told(head(line))
    assert limit.seconds == seconds


def test_two_closes_at_the_same_age_are_a_timeout() -> None:
    limit = IdleLimit()
    limit.closed(2.1, 100.0)
    assert limit.seconds == math.inf
    limit.closed(2.0, 110.0)
    assert limit.seconds == 1.5


def test_one_that_closes_at_once_is_no_timeout_by_itself() -> None:
    limit = IdleLimit()
    limit.closed(0.0, 100.0)
    assert limit.seconds == math.inf
    limit.closed(0.0, 110.0)
    assert limit.seconds == 0.0


def test_whoever_keeps_others_does_not_close_at_once_by_a_timeout() -> None:
    limit = IdleLimit()
    for step in range(5):
        limit.closed(0.0, 100.0 + 10 * step, reused=True)
    assert limit.seconds == math.inf
    limit.closed(2.0, 200.0, reused=True)
    limit.closed(2.0, 210.0, reused=True)
    assert limit.seconds == 1.5


def test_a_program_that_ends_teaches_nothing() -> None:
    limit = IdleLimit()
    for age in (3.0, 3.1, 0.2):
        limit.closed(age, 100.0)
    assert limit.seconds == math.inf


def test_closes_of_different_ages_are_no_timeout() -> None:
    limit = IdleLimit()
    for step, age in enumerate((3.0, 0.5, 2.0)):
        limit.closed(age, 100.0 + 10 * step)
    assert limit.seconds == math.inf


def test_the_lower_of_what_is_said_and_what_is_done_counts() -> None:
    limit = IdleLimit()
    limit.told(head(b"Keep-Alive: timeout=5"))
    limit.told(head(b"Keep-Alive: timeout=50"))
    assert limit.seconds == 4.0
