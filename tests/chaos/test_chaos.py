"""The rules a chaos run is judged by, and its plan: without processes, in no time."""

from __future__ import annotations

from typing import Any

import pytest
from tests.chaos.ask import Ask
from tests.chaos.judge import Judge
from tests.chaos.plan import plan
from tests.chaos.record import Entry, Fault


def asked(method: str = "GET", outcome: str = "answered", **more: Any) -> Ask:
    first = 10.1 if outcome == "answered" else 0.0
    return Ask(
        **{"name": "a", "service": "app", "method": method, "kind": "plain", "began": 10.0, "first": first}
        | {"ended": 10.2, "outcome": outcome}
        | more
    )


def noted(*whats: str, pod: str = "app-1", moment: float = 10.05) -> list[Entry]:
    return [Entry(moment, pod, what, "a", "-") for what in whats]


def complaints(
    ask: Ask,
    entries: list[Entry],
    *faults: Fault,
    reason: str = "Completed",
    pod: str = "app-1",
    said: int = 0,
) -> list[str]:
    judge = Judge([ask], entries, faults, {"a": [{"reason": reason, "pod": pod, "bytes_in": said}]})
    return [complaint.splitlines()[0] for complaint in judge.complaints()]


DONE = ("got", "did", "said")
KILLED = Fault(9.0, 11.0, "kill", "app-1")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_seed_makes_the_same_plan_again(workers: int) -> None:
    assert plan(7, 60, workers=workers) == plan(7, 60, workers=workers)
    assert plan(7, 60, workers=workers) != plan(8, 60, workers=workers)
    assert ("workers" in plan(7, 60, workers=workers)) == bool(workers)
    assert plan(7, 600, workers=workers)["pods"][:60] == plan(7, 60, workers=workers)["pods"][:60]


def test_what_was_executed_once_and_answered_is_well() -> None:
    assert complaints(asked("GET"), noted(*DONE)) == []
    assert complaints(asked("POST"), noted(*DONE)) == []
    assert complaints(asked("GET"), noted("got") + noted(*DONE, pod="app-2"), KILLED) == []


def test_no_post_may_reach_two_endpoints() -> None:
    twice = noted("got") + noted(*DONE, pod="app-2")
    assert complaints(asked("POST"), twice, KILLED) == ["a POST sent 2 times and executed 1 times"]


def test_what_is_answered_was_executed_whole_and_is_logged() -> None:
    assert complaints(asked(), []) == ["answered but never executed"]
    assert complaints(asked(replica="app-2"), noted(*DONE)) == [
        "answered by an endpoint that has not executed it"
    ]
    assert complaints(asked(), noted("got", "bad", "did")) == ["executed with a damaged body"]
    assert complaints(asked(), noted(*DONE), reason="Reset") == ["in the access log as ['Reset']"]


def test_what_can_be_repeated_is_lost_only_in_the_middle_of_its_answer_or_to_many_at_once() -> None:
    lost, cut = asked(outcome="refused", status=502), asked(outcome="cut", first=10.1)
    others = [Fault(9.0, 11.0, "kill", f"app-{number}") for number in (2, 3)]
    assert complaints(lost, noted("got"), KILLED, reason="Reset") == ["GET lost that could be saved"]
    assert complaints(lost, noted("got"), KILLED, *others, reason="Reset") == []
    assert complaints(lost, [*noted("got"), Entry(10.06, "app-1", "rude", "a", "head")]) == []
    assert complaints(cut, noted("got"), KILLED) == []
    assert complaints(cut, noted("got")) == ["cut in the middle of its answer for no reason"]
    assert complaints(asked(outcome="cut"), noted("got"), KILLED) == ["cut, and should have been answered"]


def test_a_post_is_lost_only_with_the_endpoint_that_had_it() -> None:
    lost = asked("POST", "refused", status=502)
    wrong = ["POST lost that could be saved, or was never sent"]
    assert complaints(lost, noted("got"), KILLED, reason="Reset") == []
    assert complaints(lost, [], KILLED, reason="ConnectFailed", pod="app-2") == wrong
    assert complaints(lost, noted("got"), reason="Reset") == wrong
    assert complaints(lost, noted("got"), Fault(9.0, 11.0, "unready", "app-1"), reason="Reset") == wrong
    assert complaints(lost, noted("got"), Fault(9.0, 11.0, "worker-kill")) == []


def test_nobody_is_asked_who_has_been_out_for_a_moment() -> None:
    out, back = Entry(8.0, "app-1", "500", "/readyz", "-"), Entry(12.0, "app-1", "200", "/readyz", "-")
    wrong = ["sent to app-1, unready since 8.000"]
    assert complaints(asked(), [out, *noted(*DONE), back]) == wrong
    assert complaints(asked(began=8.5), [out, *noted(*DONE), back]) == []
    assert complaints(asked(), noted(*DONE), Fault(8.0, 11.0, "drained", "app-1")) == [
        "sent to app-1, drained since 8.000"
    ]


def test_nobody_waits_for_a_stopped_endpoint_who_can_go_elsewhere() -> None:
    late = {"first": 19.0, "ended": 19.0}
    assert complaints(asked(**late), noted(*DONE)) == ["waited 9.0 s, though it could have gone elsewhere"]
    assert complaints(asked("POST", **late), noted(*DONE)) == []
    assert complaints(asked(**late), noted(*DONE), Fault(11.0, 12.0, "delete", "app-1")) == []


def talked(outcome: str = "answered", kind: str = "echo", **more: Any) -> Ask:
    return asked("RAW", outcome, **{"kind": kind, "service": "app", "replica": "app-1", "size": 9} | more)


def test_a_connection_whose_words_all_arrived_is_well() -> None:
    assert complaints(talked(), noted(*DONE), said=9) == []
    assert complaints(talked("left"), noted("got", "torn"), reason="ClientGone") == []
    assert complaints(talked("left"), [], reason="ClientGone") == []


def test_what_is_said_over_a_connection_arrives_once_and_as_it_was() -> None:
    assert complaints(talked("wrong"), noted(*DONE)) == ["an answer that must not be"]
    twice = noted("got") + noted(*DONE, pod="app-2")
    assert complaints(talked(replica="app-2"), twice, said=9) == ["a connection that reached 2 endpoints"]
    assert complaints(talked("cut"), noted("got", "bad"), KILLED) == ["what arrived is not what was said"]
    assert complaints(talked(), noted(*DONE), said=8) == [
        "in the access log as [('Completed', 8)], and has said 9 bytes"
    ]


def test_a_half_close_is_carried_in_both_directions() -> None:
    assert complaints(talked("timeout"), noted("got"), KILLED) == ["waited in vain"]
    unheard = ["ended well, but the endpoint has not heard all"]
    assert complaints(talked(), noted("got"), said=9) == unheard
    assert complaints(talked(kind="sink"), noted("got", "eof"), said=9) == unheard
    assert complaints(talked(kind="sink"), noted("got"), Fault(12.0, 13.0, "kill", "app-1"), said=9) == []


def test_a_connection_that_is_cut_does_not_look_ended() -> None:
    assert complaints(talked("cut"), noted("got"), KILLED, reason="ResponseCut") == []
    assert complaints(talked("ended"), noted("got"), KILLED) == [], "the kernel of a killed endpoint says so"
    stopped = Fault(9.0, 11.0, "stop", "app-1")
    assert complaints(talked("ended"), noted("got"), stopped, reason="Drained") == [
        "a cut that looked like an end"
    ]
    held = Fault(9.0, 11.0, "worker-stop")
    assert complaints(talked("ended", first=0.0), [], held) == [], (
        "its endpoint has not waited for the worker"
    )
    assert complaints(talked("cut"), [], held, reason="ResponseCut") == [], "nor for all that is sent then"
    assert complaints(talked("ended", first=10.1), noted("got"), held) == ["a cut that looked like an end"]
    assert complaints(talked("left"), noted("got", "eof"), reason="ClientGone") == [
        "a reset that looked like an end to the endpoint"
    ]


def test_a_connection_is_lost_only_with_its_endpoint_or_where_nobody_can_be_reached() -> None:
    lost = talked("cut", first=0.0)
    wrong = ["a connection lost that could be saved"]
    assert complaints(lost, [], reason="ConnectFailed") == wrong
    assert complaints(lost, noted("got"), Fault(9.0, 11.0, "kill", "app-2"), reason="ResponseCut") == wrong
    assert complaints(lost, noted("got"), Fault(9.0, 11.0, "unready", "app-1"), reason="ResponseCut") == wrong
    others = [Fault(9.0, 11.0, "kill", f"app-{number}") for number in (2, 3, 4)]
    assert complaints(lost, [], *others, reason="ConnectFailed") == []
    assert complaints(lost, noted("got", "rude"), reason="ResponseCut") == []
    assert complaints(lost, noted("got"), Fault(9.0, 11.0, "worker-kill")) == []


def test_a_drain_cuts_a_connection_at_the_end_of_the_grace_period() -> None:
    cut, deleted = talked("cut", ended=20.0), Fault(10.1, 10.2, "delete", "app-1")
    early, late = Entry(18.4, "app-1", "term", "-", "-"), Entry(19.9, "app-1", "term", "-", "-")
    wrong = ["cut before the grace period was over"]
    assert complaints(cut, [*noted("got"), early], deleted, reason="Drained") == []
    assert complaints(cut, [*noted("got"), late], deleted, reason="Drained") == wrong
    assert complaints(cut, noted("got"), deleted, reason="Drained") == wrong
    sick = Fault(9.0, 21.0, "sick", "app-1")
    assert complaints(cut, [*noted("got"), early], sick, reason="ResponseCut") == []
    assert complaints(cut, noted("got"), sick, reason="ResponseCut") == [
        "a connection lost that could be saved"
    ]


def test_no_connection_is_opened_to_who_has_been_out_for_a_moment() -> None:
    out, back = Entry(8.0, "app-1", "500", "/readyz", "-"), Entry(12.0, "app-1", "200", "/readyz", "-")
    assert complaints(talked(), [out, *noted(*DONE), back], said=9) == ["sent to app-1, unready since 8.000"]
    assert complaints(talked(began=8.5), [out, *noted(*DONE), back], said=9) == []
