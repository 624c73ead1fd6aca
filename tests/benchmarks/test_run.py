from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.processes import free_port, running
from benchmarks.tools import compiled

RUN = Path(__file__).parent.parent.parent / "benchmarks" / "run.py"
PATH = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_reference_that_is_not_measured_is_refused() -> None:
    done = run("--proxies", "nginx")
    assert done.returncode == 2
    assert "--reference haproxy is not one of --proxies" in done.stderr


@pytest.mark.e2e
@pytest.mark.skipif(
    not all(shutil.which(tool, path=PATH) for tool in ("wrk", "cc", "setpriv", "taskset"))
    or not {0, 1} <= os.sched_getaffinity(0),
    reason="needs wrk, cc, setpriv, taskset and two CPUs",
)
@pytest.mark.parametrize(
    "case",
    [
        "keepalive",
        pytest.param(
            "paced",
            marks=pytest.mark.skipif(shutil.which("h2load", path=PATH) is None, reason="needs h2load"),
        ),
    ],
)
def test_readylb_can_be_measured_and_answers_every_request(case: str) -> None:
    options = ("--cases", case, "--rounds", "1", "--seconds", "1")
    done = run("--proxies", "readylb", "--reference", "readylb", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-2].startswith("| readylb | ")


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_the_programs_in_c_compile_and_the_endpoint_echoes_what_the_load_sends(tmp_path) -> None:
    port = free_port()
    with running(0, [compiled("endpoint", tmp_path), str(port)], port, tmp_path / "log"):
        load = [compiled("websocket", tmp_path), str(port), "4", "1"]
        done = subprocess.run(load, capture_output=True, text=True, timeout=20, check=True)
    found = json.loads(done.stdout.removeprefix("RESULT "))
    assert found["errors"] == 0
    assert found["bytes"] == 136 * found["requests"] > 0
