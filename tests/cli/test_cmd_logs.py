from __future__ import annotations

import pytest
from tests.admin.live import Live

from readylb.cli.main import main

Output = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--tail", "2"], "line 3\nline 4\n"),
        (["--tail=-1", "--limit-bytes", "6"], "line 0"),
        (["-c", "readiness", "--tail=1"], "line 4\n"),
        (["--since", "1h30m5s", "--tail=1"], "line 4\n"),
    ],
)
def test_the_log_is_printed_as_it_was_written(
    live: Live, capfd: Output, options: list[str], text: str
) -> None:
    assert main(["logs", "readiness-rc-5v64f", *options]) == 0
    assert capfd.readouterr().out == text


def test_previous_and_timestamps(live: Live, capfd: Output) -> None:
    assert main(["logs", "pod/readiness-rc-89d89", "-p", "--timestamps"]) == 0
    stamp, _, line = capfd.readouterr().out.partition(" ")
    assert stamp.endswith("Z")
    assert line == "I was here\n"


def test_what_cannot_be_read_says_why(live: Live, capfd: Output) -> None:
    assert main(["logs", "nope"]) == 1
    assert capfd.readouterr().err == 'readylb: cannot read the log of pod nope: pods "nope" not found\n'


@pytest.mark.parametrize(
    "argv", [["logs", "svc/x"], ["logs", "x", "--since", "soon"], ["logs", "x", "--since", ""]]
)
def test_bad_arguments_are_usage_errors(argv: list[str], capfd: Output) -> None:
    if argv[-1] == "":
        assert main([*argv[:-1], "5"]) == 2
        return
    assert main(argv) == 2
