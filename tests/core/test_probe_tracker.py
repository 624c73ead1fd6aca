from __future__ import annotations

from dataclasses import replace

import pytest

from readylb.core.probe_tracker import ProbeTracker, Step, Transition, View, next_step
from readylb.model.probe import Probe, ProbeKind, ProbeResult

READINESS, LIVENESS, STARTUP = ProbeKind.READINESS, ProbeKind.LIVENESS, ProbeKind.STARTUP
OUTCOMES = {"S": ProbeResult.SUCCESS, "W": ProbeResult.WARNING, "F": ProbeResult.FAILURE}
LETTERS = {ProbeResult.SUCCESS: "S", ProbeResult.FAILURE: "F", ProbeResult.UNKNOWN: "U"}


def play(kind: ProbeKind, story: str, *, success: int = 1, failure: int = 3) -> str:
    """Return the conclusion after each letter; N is a new container, h an attempt while on hold."""
    tracker = ProbeTracker(kind, Probe(success_threshold=success, failure_threshold=failure))
    tracker.see("id0")
    shown = ""
    for number, letter in enumerate(story, 1):
        if letter == "N":
            tracker.see(f"id{number}")
        elif not tracker.on_hold:
            tracker.observe(OUTCOMES[letter])
        assert tracker.result is not None
        shown += LETTERS[tracker.result]
    return shown


@pytest.mark.parametrize(
    ("kind", "story", "thresholds", "conclusions"),
    [
        (READINESS, "SFFSFFFS", {}, "SSSSSSFS"),
        (READINESS, "FFFF", {}, "FFFF"),
        (READINESS, "SSFSSS", {"success": 3}, "FFFFFS"),
        (READINESS, "SSSFSFFFSSS", {"success": 3}, "FFSSSSSFFFS"),
        (READINESS, "SF", {"failure": 1}, "SF"),
        (READINESS, "WFFWF", {}, "SSSSS"),
        (LIVENESS, "FFSFFF", {}, "SSSSSF"),
        (LIVENESS, "FFFSSS", {}, "SSFFFF"),
        (STARTUP, "FFF", {}, "UUF"),
        (STARTUP, "FFS", {}, "UUS"),
        (STARTUP, "SFFFF", {}, "SSSSS"),
    ],
)
def test_outcomes_add_up_to_conclusions(
    kind: ProbeKind, story: str, thresholds: dict[str, int], conclusions: str
) -> None:
    assert play(kind, story, **thresholds) == conclusions


@pytest.mark.parametrize(("kind", "conclusions"), [(READINESS, "F"), (LIVENESS, "S"), (STARTUP, "U")])
def test_a_new_container_begins_with_the_initial_value(kind: ProbeKind, conclusions: str) -> None:
    assert play(kind, "N") == conclusions


def test_a_liveness_failure_holds_until_a_new_container_and_counts_from_zero_there() -> None:
    assert play(LIVENESS, "FFFNFFF") == "SSFSSSF"


def test_two_failures_before_a_crash_and_one_after_it_make_three() -> None:
    assert play(LIVENESS, "FFNF") == "SSSF"


def test_a_run_of_successes_lasts_across_a_crash() -> None:
    assert play(READINESS, "SSSNS", success=3) == "FFSFS"


def test_only_a_change_of_the_conclusion_is_told() -> None:
    tracker = ProbeTracker(READINESS, Probe(failure_threshold=1))
    assert tracker.see("a") == Transition("a", ProbeResult.FAILURE)
    assert tracker.see("a") is None
    assert tracker.observe(ProbeResult.FAILURE, "no") is None
    assert tracker.observe(ProbeResult.SUCCESS, "ok") == Transition("a", ProbeResult.SUCCESS, "ok")
    assert tracker.observe(ProbeResult.SUCCESS, "ok") is None
    assert tracker.settle(ProbeResult.FAILURE) == Transition("a", ProbeResult.FAILURE)


def test_an_error_has_no_outcome_to_count() -> None:
    tracker = ProbeTracker(READINESS, Probe())
    with pytest.raises(ValueError, match="cannot be counted"):
        tracker.observe(ProbeResult.UNKNOWN)
    assert (tracker.last, tracker.run) == (None, 0)


def test_its_repr_shows_the_state() -> None:
    tracker = ProbeTracker(LIVENESS, Probe(failure_threshold=1))
    tracker.see("a")
    tracker.observe(ProbeResult.FAILURE)
    assert repr(tracker) == "<ProbeTracker Liveness failure on hold, failure x0, 'a'>"


UP = View(
    pod_finished=False,
    pod_terminating=False,
    container_id="a",
    running=True,
    started=True,
    will_restart=True,
    uptime_seconds=100.0,
)


@pytest.mark.parametrize(
    ("kind", "change", "step"),
    [
        (READINESS, {}, Step.PROBE),
        (LIVENESS, {}, Step.PROBE),
        (STARTUP, {}, Step.SKIP),
        (STARTUP, {"started": False}, Step.PROBE),
        (READINESS, {"started": False}, Step.SKIP),
        (LIVENESS, {"started": False}, Step.SKIP),
        (READINESS, {"pod_finished": True}, Step.END),
        (READINESS, {"container_id": "", "running": False}, Step.SKIP),
        (READINESS, {"running": False}, Step.SETTLE_FAILURE),
        (READINESS, {"running": False, "will_restart": False}, Step.SETTLE_FAILURE_AND_END),
        (LIVENESS, {"pod_terminating": True}, Step.SETTLE_SUCCESS_AND_END),
        (STARTUP, {"pod_terminating": True, "started": False}, Step.SETTLE_SUCCESS_AND_END),
        (READINESS, {"pod_terminating": True}, Step.PROBE),
        (READINESS, {"uptime_seconds": 4.999}, Step.SKIP),
        (READINESS, {"uptime_seconds": 5.0}, Step.PROBE),
    ],
)
def test_an_attempt_follows_the_order_of_kubelets_rules(
    kind: ProbeKind, change: dict[str, object], step: Step
) -> None:
    probe = Probe(initial_delay_seconds=5)
    assert next_step(kind, probe, replace(UP, **change), on_hold=False) is step  # type: ignore[arg-type]


def test_nothing_is_asked_on_hold() -> None:
    assert next_step(LIVENESS, Probe(), UP, on_hold=True) is Step.SKIP


def test_a_failure_of_what_nobody_can_restart_is_not_the_last_word() -> None:
    tracker = ProbeTracker(LIVENESS, Probe(failure_threshold=1), holds=False)
    tracker.see("a")
    assert tracker.observe(ProbeResult.FAILURE) == Transition("a", ProbeResult.FAILURE)
    assert not tracker.on_hold
    assert tracker.observe(ProbeResult.SUCCESS) == Transition("a", ProbeResult.SUCCESS)


def test_what_was_restarted_by_others_counts_its_failures_from_zero_too() -> None:
    tracker = ProbeTracker(LIVENESS, Probe(failure_threshold=2), holds=False)
    tracker.see("a")
    failures = [tracker.observe(ProbeResult.FAILURE) for _ in range(3)]
    assert failures == [None, Transition("a", ProbeResult.FAILURE), None]
    tracker.see("b")
    assert tracker.observe(ProbeResult.FAILURE) is None
    assert tracker.observe(ProbeResult.FAILURE) == Transition("b", ProbeResult.FAILURE)
