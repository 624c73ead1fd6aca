from __future__ import annotations

import os
import sys

import psutil
import pytest
from benchmarks.processes import BenchmarkError, cpu_microseconds, free_port, require, running

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


def test_a_missing_tool_is_named_with_its_package() -> None:
    with pytest.raises(BenchmarkError, match=r"no-such-tool is missing \(apt-get install some-package\)"):
        require("no-such-tool", "some-package")


def test_cpu_time_rises_with_work() -> None:
    process = psutil.Process(os.getpid())
    before = cpu_microseconds([process])
    # The kernel adds up at its ticks: a moment of work may not be seen yet.
    assert any(sum(range(200_000)) and cpu_microseconds([process]) > before for _ in range(1000))


def test_a_process_runs_for_the_length_of_the_block(tmp_path) -> None:
    port = free_port()
    with running(0, [sys.executable, "-c", LISTEN, str(port)], port, tmp_path / "log") as process:
        assert process.is_running()
        assert process.cpu_affinity() == [0]
    assert not psutil.pid_exists(process.pid)


def test_a_process_that_ends_at_once_is_reported_with_what_it_said(tmp_path) -> None:
    command = [sys.executable, "-c", "print('wrong configuration')"]
    with (
        pytest.raises(BenchmarkError, match="wrong configuration"),
        running(0, command, free_port(), tmp_path / "log"),
    ):
        pytest.fail("it does not listen")
