from __future__ import annotations

import pytest
from tests.admin.live import Live

from readylb.cli.main import main
from readylb.model import Deployment, ReplicationController

Output = pytest.CaptureFixture[str]


def test_workloads_are_scaled_and_named(live: Live, capsys: Output) -> None:
    assert main(["scale", "deploy/nodeapp", "rc/readiness-rc", "--replicas", "4"]) == 0
    assert capsys.readouterr().out == (
        "deployment.apps/nodeapp scaled\nreplicationcontroller/readiness-rc scaled\n"
    )
    assert live.call(lambda: live.world.store.get(Deployment, "default", "nodeapp").spec.replicas) == 4
    controller = live.call(lambda: live.world.store.get(ReplicationController, "default", "readiness-rc"))
    assert controller.spec.replicas == 4


def test_a_precondition_that_does_not_hold_changes_nothing(live: Live, capsys: Output) -> None:
    assert main(["scale", "deploy", "nodeapp", "--replicas=4", "--current-replicas=2"]) == 1
    assert capsys.readouterr().err == (
        "readylb: cannot scale deployment nodeapp: Expected replicas to be 2, was 1\n"
    )
    assert main(["scale", "deploy", "nodeapp", "--replicas=0", "--current-replicas=1"]) == 0
    assert live.call(lambda: live.world.store.get(Deployment, "default", "nodeapp").spec.replicas) == 0


def test_what_is_missing_or_has_no_replicas_is_named(live: Live, capsys: Output) -> None:
    assert main(["scale", "deploy/nope", "svc/readiness-svc", "--replicas=4"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        'readylb: cannot scale deployment nope: deployments.apps "nope" not found',
        "readylb: cannot scale service readiness-svc: the server could not find the requested resource",
    ]


@pytest.mark.parametrize(
    "argv", [["deploy/x"], ["deploy", "--replicas=2"], ["deploy/x", "--replicas=-1"], ["--replicas=1"]]
)
def test_the_object_and_the_number_must_be_given(argv: list[str], capsys: Output) -> None:
    assert main(["scale", *argv]) == 2
    assert capsys.readouterr().err.startswith("readylb: cannot ")
