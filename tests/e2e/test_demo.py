"""`make demo` tells its story, checks it, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from tests.e2e.harness import EXAMPLES, ROOT
from tests.e2e.processes import processes_of
from tests.e2e.waiting import wait_for

DEMO = EXAMPLES / "01-readiness-rc" / "demo.py"


def start(folder: Path, output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(DEMO)],
        cwd=folder,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


class Terminal(threading.Thread):
    """A terminal that somebody reads."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ours, self.theirs = os.openpty()
        self.shown = b""

    def run(self) -> None:
        while True:
            try:
                self.shown += os.read(self.ours, 4096)
            except OSError:  # the last writer has gone
                return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.theirs)
        self.join(10)
        os.close(self.ours)


def test_make_demo_runs_the_demo() -> None:
    done = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "examples/01-readiness-rc/demo.py" in done.stdout


def test_the_demo_holds_and_ends_by_itself_without_a_terminal(tmp_path: Path) -> None:
    with (tmp_path / "output.txt").open("wb") as output:
        demo = start(tmp_path, output.fileno())
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


def test_on_a_terminal_it_serves_until_interrupted(tmp_path: Path) -> None:
    with Terminal() as terminal:
        demo = start(tmp_path, terminal.theirs)
        try:
            wait_for("it serves on", lambda: b"until Ctrl-C" in terminal.shown, seconds=90)
            url = re.search(rb"Still serving on (http://127\.0\.0\.1\S*)", terminal.shown)
            assert url is not None
            assert b"Hello World!" in urllib.request.urlopen(url[1].decode(), timeout=10).read()
            demo.send_signal(signal.SIGINT)
            assert demo.wait(30) == 0
        finally:
            demo.terminate()
    wait_for("nothing is left", lambda: not processes_of(tmp_path))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, sign: signal.Signals) -> None:
    with (tmp_path / "output.txt").open("wb") as output:
        demo = start(tmp_path, output.fileno())
    wait_for("a pod runs", lambda: any("app.py" in " ".join(p.cmdline()) for p in processes_of(tmp_path)))
    demo.send_signal(sign)
    assert demo.wait(30) == 130
    wait_for("nothing is left", lambda: not processes_of(tmp_path))
