from __future__ import annotations

import signal
import subprocess
import sys
from importlib import import_module

import pytest
from tests.admin.live import Live

import readylb
from readylb.cli.main import VERBS, is_compiled, main
from readylb.core.http1 import framing

COMMAND = (sys.executable, "-m", "readylb")
Output = pytest.CaptureFixture[str]


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_verb(argv: list[str], capsys: Output) -> None:
    assert main(argv) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {verb}" in printed for verb in VERBS)


def test_the_version_is_the_package_s(capsys: Output) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"readylb {readylb.__version__}{' (compiled)' * is_compiled()}\n"


def test_sources_that_run_as_they_are_are_not_called_compiled() -> None:
    assert is_compiled() is not str(framing.__file__).endswith(".py")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["gett", "pods"], "cannot run gett: there is no such verb (did you mean get?)"),
        (["fly"], "cannot run fly: there is no such verb (readylb --help lists them)"),
        (["--watch"], "cannot use --watch: a verb comes first (readylb --help lists them)"),
        (["logs", "x", "--folow"], "unrecognized arguments: --folow (did you mean --follow?)"),
        (["logs"], "the following arguments are required: POD"),
        (["get", "pods", "--", "x"], "unexpected words after --: x"),
        (["get", "pods", "-o", "xml"], "invalid choice: 'xml'"),
        (["get", "pods", "--admin", "nowhere"], "write HOST:PORT, unix:PATH or off"),
    ],
)
def test_a_usage_error_is_exit_2_and_says_what_was_meant(
    argv: list[str], message: str, capsys: Output
) -> None:
    assert main(argv) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("readylb: cannot ")
    assert message in printed.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_module_with_arguments_and_run(verb: str) -> None:
    module = import_module(VERBS[verb].module)
    assert callable(module.add_arguments)
    assert callable(module.run)


def test_help_of_a_verb_loads_no_other_verb() -> None:
    code = (
        "import sys; from readylb.cli.main import main\n"
        "try: main(['logs', '--help'])\n"
        "except SystemExit: pass\n"
        "rooms = ('readylb.cli.cmd_', 'readylb.admin', 'yaml')\n"
        "print([name for name in sys.modules if name.startswith(rooms)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['readylb.cli.cmd_logs']"


def test_ctrl_c_is_quiet_and_130(live: Live) -> None:
    with subprocess.Popen(
        [*COMMAND, "get", "pods", "-w"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors == b""


def test_a_reader_that_goes_away_is_no_error(live: Live) -> None:
    with subprocess.Popen(
        [*COMMAND, "get", "pods", "-w"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        live.call(lambda: live.world.store.remove(_pod(), "default", "readiness-rc-5v64f"))
        errors = process.stderr.read()
        process.wait(10)
    assert process.returncode == 141
    assert errors == b""


def _pod() -> type:
    return import_module("readylb.model").Pod
