from __future__ import annotations

import subprocess
import sys

import pytest
from tests.admin.live import Live

from readylb.cli.main import main

Output = pytest.CaptureFixture[str]


def test_output_and_exit_status_are_passed_on(live: Live, capfd: Output) -> None:
    assert main(["exec", "readiness-rc-5v64f", "--", "exit", "7"]) == 7
    assert capfd.readouterr().out == "ran exit 7 tty=False\n"


def test_stderr_stays_apart(live: Live, capfd: Output) -> None:
    assert main(["exec", "pod/readiness-rc-5v64f", "-c", "readiness", "--", "warn"]) == 0
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("ran warn tty=False\n", "careful\n")


@pytest.mark.parametrize("size", [6, 1_000_000])
def test_stdin_is_passed_on_to_its_end(live: Live, size: int) -> None:
    command = [sys.executable, "-m", "readylb", "exec", "-i", "readiness-rc-5v64f", "--", "cat"]
    done = subprocess.run(command, input=b"x" * size, capture_output=True, timeout=30, check=True)
    assert len(done.stdout) == size


def test_without_i_our_stdin_is_left_alone(live: Live) -> None:
    command = [sys.executable, "-m", "readylb", "exec", "readiness-rc-5v64f", "--", "cat"]
    done = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, timeout=30, check=True)
    assert done.stdout == b"ran cat tty=False\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nope", "--", "ls"], 'cannot run a command in pod nope: pods "nope" not found'),
        (["readiness-rc-5v64f", "-c", "x", "--", "ls"], "container x is not valid"),
        (["readiness-rc-5v64f", "--", "missing"], "no such file"),
    ],
)
def test_what_cannot_run_says_why(live: Live, capfd: Output, argv: list[str], message: str) -> None:
    assert main(["exec", *argv]) == 1
    assert message in capfd.readouterr().err


def test_nothing_to_run_is_a_usage_error(capfd: Output) -> None:
    assert main(["exec", "x"]) == 2
    assert "say what to run (readylb exec POD -- COMMAND)" in capfd.readouterr().err
