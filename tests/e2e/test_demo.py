"""`make demo` tells its story, checks it, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from tests.e2e.harness import EXAMPLES, ROOT
from tests.e2e.processes import processes_of
from tests.e2e.waiting import wait_for

# One after the other: each looks for a free port and takes it a moment later.
pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]

DEMO = EXAMPLES / "01-readiness-rc" / "demo.py"
#: It takes half a minute; the rest is for a machine that has other things to do.
DEMO_SECONDS = 200


@contextmanager
def started(folder: Path, output: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the demo; afterwards nothing of it may be left, and nothing is."""
    demo = subprocess.Popen(
        [sys.executable, str(DEMO)],
        cwd=folder,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        yield demo
        wait_for("nothing is left", lambda: not processes_of(folder))
    finally:
        for process in processes_of(folder):
            process.kill()
        demo.wait()


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

    def text(self) -> str:
        return self.shown.decode(errors="replace")

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
    with (tmp_path / "output.txt").open("wb") as output, started(tmp_path, output.fileno()) as demo:
        code = demo.wait(DEMO_SECONDS)
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


def test_on_a_terminal_it_serves_until_interrupted(tmp_path: Path) -> None:
    with Terminal() as terminal, started(tmp_path, terminal.theirs) as demo:
        wait_for(
            "it serves on",
            lambda: b"until Ctrl-C" in terminal.shown,
            seconds=DEMO_SECONDS,
            evidence=terminal.text,
        )
        url = re.search(rb"Still serving on (http://127\.0\.0\.1\S*)", terminal.shown)
        assert url is not None
        assert b"Hello World!" in urllib.request.urlopen(url[1].decode(), timeout=10).read()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("processes", [2, 4])
def test_an_interrupted_demo_leaves_nothing_behind(
    tmp_path: Path, sign: signal.Signals, processes: int
) -> None:
    """Two processes: the demo and the command, which has only begun. Four: its pods are there too."""
    with (tmp_path / "output.txt").open("wb") as output, started(tmp_path, output.fileno()) as demo:
        wait_for(
            f"there are {processes} processes",
            lambda: len(processes_of(tmp_path)) >= processes,
            evidence=(tmp_path / "output.txt").read_text,
        )
        demo.send_signal(sign)
        assert demo.wait(30) == 130
