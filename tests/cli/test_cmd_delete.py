from __future__ import annotations

import pytest
from tests.admin.live import Live

from readylb.cli.main import main
from readylb.model import Pod

Output = pytest.CaptureFixture[str]


def test_a_deleted_pod_is_gone_when_the_command_ends(live: Live, capsys: Output) -> None:
    assert main(["delete", "pod", "readiness-rc-5v64f"]) == 0
    assert capsys.readouterr().out == 'pod "readiness-rc-5v64f" deleted\n'
    assert live.call(lambda: live.world.store.find(Pod, "default", "readiness-rc-5v64f")) is None


def test_several_are_deleted_and_what_is_missing_is_named(live: Live, capsys: Output) -> None:
    assert main(["delete", "pod/nope", "svc/readiness-svc", "deploy/nodeapp"]) == 1
    printed = capsys.readouterr()
    assert printed.out == 'service "readiness-svc" deleted\ndeployment.apps "nodeapp" deleted\n'
    assert printed.err == 'readylb: cannot delete pod nope: pods "nope" not found\n'


@pytest.mark.parametrize(
    ("options", "seconds"),
    [([], 30), (["--grace-period=5"], 5), (["--now"], 1), (["--grace-period", "0"], 0)],
)
def test_the_grace_period_may_be_given(live: Live, options: list[str], seconds: int) -> None:
    live.keep_deleted_pods()
    assert main(["delete", "pod", "readiness-rc-5v64f", "--wait=false", *options]) == 0
    pod = live.call(lambda: live.world.store.get(Pod, "default", "readiness-rc-5v64f"))
    assert pod.metadata.deletion_grace_period_seconds == seconds


@pytest.mark.parametrize("argv", [["delete"], ["delete", "pods"], ["delete", "pod", "x", "--wait=maybe"]])
def test_a_whole_type_is_never_deleted(argv: list[str], capsys: Output) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err.startswith("readylb: cannot ")
