from __future__ import annotations

from readylb.core.foreign_conditions import merged, usurped
from readylb.model.pod import PodCondition

READY = PodCondition(type="Ready", status="False", reason="ContainersNotReady", last_transition_time=1.0)
GATE = PodCondition(type="example.com/gate", status="False", last_transition_time=1.0)


def test_what_is_concluded_here_stays_whatever_others_say() -> None:
    assert merged([READY], [PodCondition(type="Ready", status="True")], 5.0) == (READY,)
    assert merged([READY], [], 5.0) == (READY,)


def test_a_condition_of_others_is_set_changed_and_removed() -> None:
    new = PodCondition(type="example.com/gate", status="True")
    (_, made) = merged([READY], [new], 5.0)
    assert (made.status, made.last_transition_time) == ("True", 5.0)
    (changed,) = merged([GATE], [new], 5.0)
    assert changed.last_transition_time == 5.0
    assert merged([READY, GATE], [], 5.0) == (READY,)


def test_the_moment_stays_while_the_status_does() -> None:
    (same,) = merged([GATE], [PodCondition(type=GATE.type, status="False", message="still")], 5.0)
    assert (same.message, same.last_transition_time) == ("still", 1.0)


def test_who_says_something_else_of_ours_is_found() -> None:
    ready = PodCondition(type="Ready", status="True")
    assert usurped([READY], [GATE, READY]) == ()
    assert usurped([READY], [GATE, ready]) == (1,)
    assert usurped([], [ready]) == (0,)
