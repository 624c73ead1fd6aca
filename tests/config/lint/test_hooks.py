from __future__ import annotations

import pytest

from readylb.config.lint.hooks import lint_hooks
from readylb.model.container import Container
from readylb.model.lifecycle import Lifecycle, LifecycleHandler, SleepAction
from readylb.model.probe import ExecAction, Probe


def told(hook: LifecycleHandler | None, grace: int = 30, **probes: Probe) -> dict[str, str]:
    container = Container(name="c", lifecycle=Lifecycle(pre_stop=hook) if hook else None, **probes)
    return {item.path: item.message for item in lint_hooks("c", container, grace)}


@pytest.mark.parametrize(
    "words",
    [("sleep", "30"), ("/bin/sleep", "30s"), ("sh", "-c", "sleep 30"), ("/bin/sh", "-c", "/bin/sleep 30")],
)
def test_a_hook_that_sleeps_through_the_grace_period_is_told(words: tuple[str, ...]) -> None:
    for hook in (
        LifecycleHandler(exec=ExecAction(command=words)),
        LifecycleHandler(sleep=SleepAction(seconds=30)),
    ):
        assert told(hook) == {
            "c.lifecycle.preStop": (
                "the preStop hook sleeps for 30 s and terminationGracePeriodSeconds is 30: SIGKILL comes 2 s "
                "after SIGTERM (a shorter sleep, or a longer grace period)"
            )
        }
        assert told(hook, 31) == {}


def test_a_probes_own_grace_period_is_looked_at_too() -> None:
    hook = LifecycleHandler(sleep=SleepAction(seconds=10))
    found = told(hook, liveness_probe=Probe(termination_grace_period_seconds=10))
    assert list(found) == ["c.livenessProbe.terminationGracePeriodSeconds"]
    assert told(hook, liveness_probe=Probe(termination_grace_period_seconds=11)) == {}


def test_what_else_a_hook_does_is_its_own_affair() -> None:
    for words in (("sh", "-c", "sleep 30; echo done"), ("nginx", "-s", "quit"), ("sleep", "forever")):
        assert told(LifecycleHandler(exec=ExecAction(command=words))) == {}
    assert told(None) == {}
