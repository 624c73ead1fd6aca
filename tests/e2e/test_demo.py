"""`make demo` tells its story, checks it, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.harness import EXAMPLES, ROOT
from tests.e2e.processes import processes_of
from tests.e2e.waiting import wait_for

DEMO = EXAMPLES / "01-readiness-rc" / "demo.py"


def start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "output.txt").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, str(DEMO)],
            cwd=folder,
            env={**os.environ, "XDG_RUNTIME_DIR": str(folder), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def test_make_demo_runs_the_demo() -> None:
    done = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "examples/01-readiness-rc/demo.py" in done.stdout


def test_the_demo_holds_and_ends_by_itself_without_a_terminal(tmp_path: Path) -> None:
    demo = start(tmp_path)
    try:
        code = demo.wait(90)
    finally:
        demo.terminate()
    text = (tmp_path / "output.txt").read_text()
    assert code == 0, text
    for said in (
        "both replicas answer",
        "Readiness probe failed: HTTP probe failed with statuscode: 500",
        "and no request failed",
        "both replicas answer again",
        "Everything held.",
    ):
        assert said in text
    assert "\x1b" not in text, "plain when not on a terminal"
    wait_for("nothing is left", lambda: not processes_of(tmp_path))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, sign: signal.Signals) -> None:
    demo = start(tmp_path)
    wait_for("a pod runs", lambda: any("app.py" in " ".join(p.cmdline()) for p in processes_of(tmp_path)))
    demo.send_signal(sign)
    assert demo.wait(30) == 130
    wait_for("nothing is left", lambda: not processes_of(tmp_path))
