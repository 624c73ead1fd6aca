from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.e2e.harness import ROOT
from tests.e2e.processes import processes_of
from tests.e2e.waiting import wait_for

#: A test that begins and never ends: what it has started names its folder.
ENDLESS = """
    import time
    from tests.e2e.replicas import OwnReplica

    def test_endless(request):
        replica = OwnReplica(request.path.parent, "own")
        request.addfinalizer(lambda: (request.path.parent / "cleaned").touch())
        request.addfinalizer(replica.kill)
        (request.path.parent / "begun").touch()
        time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_tests_that_are_ended_leave_no_process(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "test_endless.py"
    file.write_text(textwrap.dedent(ENDLESS))
    words = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    with subprocess.Popen(
        [*words, "--rootdir", str(tmp_path), "-q", str(file)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            wait_for("it has begun", (tmp_path / "begun").exists)
            process.send_signal(number)
            output = process.communicate(timeout=30)[0]
        finally:
            process.kill()
    wait_for("no process is left", lambda: not processes_of(tmp_path))
    cleaned = number == signal.SIGTERM
    assert (tmp_path / "cleaned").exists() is cleaned, output
