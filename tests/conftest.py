"""Shared fixtures: a clock that tests move by hand. And Ctrl-C and SIGTERM let every run clean up."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

# A shell starts what is to run in the background with SIGINT ignored, and every child inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Whoever ends the tests ends what they have started, too.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("readylb", deadline=None)
settings.load_profile("readylb")


class FakeClock:
    """A clock that moves only when told. Epoch seconds."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.time = start

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
