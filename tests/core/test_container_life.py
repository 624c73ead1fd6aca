from __future__ import annotations

import itertools

import pytest

from readylb.core.container_life import TABLE, ContainerLife, Stage, Step

NEW = ContainerLife()
RUNNING = NEW.start().started("id0", 10.0)
EXITED = RUNNING.exited(1, 0, 20.0)


def play(story: str) -> str:
    """Tell a life: + start, r it runs, ! it could not, k kill, x exit; the answer is stages' initials."""
    life, shown = NEW, ""
    for letter in story:
        match letter:
            case "+":
                life = life.start()
            case "r":
                life = life.started("id", 0.0)
            case "!":
                life = life.start_failed("no such file", 0.0)
            case "k":
                life = life.stop(restart=True)
            case "x":
                life = life.exited(0, 0, 0.0)
        shown += {Stage.STARTING: "s", Stage.RUNNING: "R", Stage.STOPPING: "K", Stage.EXITED: "E"}[life.stage]
    return f"{shown} {life.restart_count}"


@pytest.mark.parametrize(
    ("story", "stages"),
    [
        ("+rx", "sRE 0"),
        ("+rx+r", "sREsR 1"),
        ("+rkx+r", "sRKEsR 1"),
        ("+!+!+r", "sEsEsR 2"),
        ("+rkkx", "sRKKE 0"),
    ],
)
def test_a_life_goes_from_stage_to_stage_and_counts_restarts_at_the_new_start(
    story: str, stages: str
) -> None:
    assert play(story) == stages


@pytest.mark.parametrize(("stage", "step"), sorted(set(itertools.product(Stage, Step)) - set(TABLE)))
def test_a_step_without_a_row_is_refused(stage: Stage, step: Step) -> None:
    with pytest.raises(ValueError, match=f"{step} has no row in stage {stage}"):
        ContainerLife(stage=stage)._step(step)


def test_there_are_never_two_incarnations_at_once() -> None:
    for stage in (Stage.STARTING, Stage.RUNNING, Stage.STOPPING):
        assert (stage, Step.START) not in TABLE


def test_an_exit_says_how_and_when() -> None:
    assert EXITED.exit is not None
    assert (EXITED.exit.reason, EXITED.exit.exit_code, EXITED.exit.container_id) == ("Error", 1, "id0")
    assert (EXITED.exit.started_at, EXITED.exit.finished_at) == (10.0, 20.0)
    done = RUNNING.exited(0, 0, 20.0)
    assert done.exit is not None
    assert done.exit.reason == "Completed"
    killed = RUNNING.exited(137, 9, 20.0, "OOMKilled")
    assert killed.exit is not None
    assert killed.exit.reason == "OOMKilled"


def test_a_start_that_fails_is_an_exit_with_status_128() -> None:
    life = NEW.start().start_failed("no such file", 30.0)
    assert life.exit is not None
    assert (life.exit.exit_code, life.exit.reason, life.exit.finished_at) == (128, "StartError", 30.0)
    assert life.waiting is not None
    assert (life.waiting.reason, life.waiting.message) == ("RunContainerError", "no such file")


def test_after_a_kill_the_exit_before_it_is_the_one_that_counts() -> None:
    killed = RUNNING.stop(restart=True).exited(143, 15, 25.0)
    assert killed.judged_exit is None
    again = EXITED.start().started("id1", 30.0).stop(restart=True).exited(143, 15, 40.0)
    assert again.judged_exit == EXITED.exit
    assert again.refused("CrashLoopBackOff", "").judged_exit == again.exit


def test_only_an_ended_container_can_be_refused_a_start() -> None:
    with pytest.raises(ValueError, match="cannot be refused in stage Running"):
        RUNNING.refused("CrashLoopBackOff", "")
