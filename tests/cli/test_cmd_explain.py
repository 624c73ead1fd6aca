from __future__ import annotations

import json

import pytest
from tests.admin.live import Live

from readylb.cli.main import main

Output = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("live")
def test_a_pod_is_explained_in_five_lines(capsys: Output) -> None:
    assert main(["explain", "pod/readiness-rc-5v64f"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("pod/readiness-rc-5v64f is in: Ready for ")
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "conditions",
        "decided by",
        "last output",
        "next",
    ]


@pytest.mark.usefixtures("live")
def test_the_same_is_there_for_programs(capsys: Output) -> None:
    assert main(["explain", "readiness-rc-89d89", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "Out"


def test_what_is_no_pod_is_refused(live: Live, capsys: Output) -> None:
    assert live.address
    assert main(["explain", "nope"]) == 1
    assert main(["explain", "svc/readiness-svc"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == 'readylb: cannot explain pod nope: pods "nope" not found'
    assert second.startswith("readylb: cannot take svc/readiness-svc")
