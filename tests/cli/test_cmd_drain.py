from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from tests.admin.live import Live

from readylb.cli.main import main
from readylb.core.drained import DRAINED, Flow, drained_conditions, is_drained, with_drained
from readylb.model import Pod
from readylb.model.pod import PodCondition

Output = pytest.CaptureFixture[str]
READY = "readiness-rc-5v64f"


def tell(live: Live, flow: Flow) -> None:
    """Let the pod's status say what its keeper would."""

    def told(pod: Pod) -> Pod:
        conditions = drained_conditions(pod, pod.status.conditions, flow, 1.0)
        return replace(pod, status=replace(pod.status, conditions=conditions))

    live.call(lambda: live.world.store.update(Pod, "default", READY, told))


def is_told(live: Live) -> bool:
    return bool(live.call(lambda: is_drained(live.world.store.get(Pod, "default", READY))))


class Drain(threading.Thread):
    """`readylb drain` beside the test, which plays the pod's keeper."""

    def __init__(self, *words: str) -> None:
        super().__init__(daemon=True)
        self.words = words
        self.code = -1

    def run(self) -> None:
        self.code = main(["drain", *self.words])


def test_it_ends_when_the_last_request_has_ended(live: Live, capsys: Output) -> None:
    drain = Drain(READY, "--force")
    drain.start()
    while not is_told(live):
        assert drain.is_alive()
    tell(live, Flow.ENDING)
    tell(live, Flow.CLOSED)
    drain.join(20)
    assert drain.code == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"pod/{READY} drained"


def test_without_waiting_it_ends_when_nothing_new_comes(live: Live, capsys: Output) -> None:
    drain = Drain(f"pod/{READY}", "--force", "--wait=false")
    drain.start()
    while not is_told(live):
        assert drain.is_alive()
    tell(live, Flow.ENDING)
    drain.join(20)
    assert (drain.code, capsys.readouterr().out) == (0, f"pod/{READY} draining\n")


def test_it_ends_when_somebody_undrains_the_pod_meanwhile(live: Live, capsys: Output) -> None:
    drain = Drain(READY, "--force")
    drain.start()
    while not is_told(live):
        assert drain.is_alive()
    live.call(lambda: live.world.store.update(Pod, "default", READY, lambda pod: with_drained(pod, {})))
    drain.join(20)
    assert drain.code == 1
    assert capsys.readouterr().err == f"readylb: cannot drain pod {READY}: it was undrained meanwhile\n"


def test_the_last_pod_of_a_service_needs_force(live: Live, capsys: Output) -> None:
    assert main(["drain", READY, "nope"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"readylb: cannot drain pod {READY}: Cannot drain pod as it is the last one")
    assert first.endswith(" (wait until another is Ready, or --force)")
    assert second == 'readylb: cannot drain pod nope: pods "nope" not found'


def test_undrain_says_whether_it_was_drained(live: Live, capsys: Output) -> None:
    ready = PodCondition(type="Ready", status="True")

    def drained(pod: Pod) -> Pod:
        changed = with_drained(pod, {DRAINED: "true"})
        return replace(changed, status=replace(changed.status, conditions=(ready,)))

    live.call(lambda: live.world.store.update(Pod, "default", READY, drained))
    assert main(["undrain", READY]) == 0
    assert main(["undrain", READY]) == 0
    assert main(["undrain", "nope"]) == 1
    out, err = capsys.readouterr()
    assert out == f"pod/{READY} undrained\npod/{READY} was not drained\n"
    assert err == 'readylb: cannot undrain pod nope: pods "nope" not found\n'
    assert not is_told(live)
