from __future__ import annotations

import pytest

from readylb.core.probe_period import PROBE_PERIOD, period_conflict, period_seconds, read_probe_period
from readylb.model.probe import Probe, ProbeKind

READINESS = Probe(period_seconds=1)


def test_only_readiness_is_asked_more_often() -> None:
    notes = {PROBE_PERIOD: "250"}
    assert period_seconds(ProbeKind.READINESS, READINESS, notes) == 0.25
    assert period_seconds(ProbeKind.LIVENESS, READINESS, notes) == 1
    assert period_seconds(ProbeKind.READINESS, READINESS, {}) == 1


@pytest.mark.parametrize("text", ["", "x", "49", "-1", "0.5", "1000", "9999999"])
def test_what_makes_no_sense_is_left_out_of_account(text: str) -> None:
    assert period_seconds(ProbeKind.READINESS, READINESS, {PROBE_PERIOD: text}) == 1


@pytest.mark.parametrize(
    ("text", "wrong"), [("49", "50 or more"), ("0.5", "a whole number of milliseconds"), ("", "whole number")]
)
def test_a_period_has_a_lower_bound(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_probe_period(text)


def test_a_period_goes_with_a_readiness_probe_that_is_asked_less_often() -> None:
    assert period_conflict(999, READINESS) == ""
    assert period_conflict(1000, READINESS) == "must be less than periodSeconds (1) of the readinessProbe"
    assert period_conflict(50, None) == "it is the period of a readinessProbe, and there is none"
