"""Clients that hold connections without asking anything: others do not notice."""

from __future__ import annotations

import http.client
import os
import resource
import shutil
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.e2e.client import fetch
from tests.e2e.faults.mixed_load import MixedLoad
from tests.e2e.faults.slow_clients import SlowClients
from tests.e2e.faults.stage import stage

#: READYLB_SLOW_CLIENTS=10000 for the whole storm; it needs as many files, here and there.
COUNT = int(os.environ.get("READYLB_SLOW_CLIENTS", "2000"))
#: Resident memory that one of them may cost, in MiB.
EACH_MIB = 0.02
FILES = 256


def p99(load: MixedLoad, since: float) -> float:
    """Return what 99 of 100 requests since a moment took at most, in seconds."""
    seconds = sorted(ask.seconds for ask in load.since(since))
    return seconds[int(len(seconds) * 0.99)]


@pytest.fixture
def many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < COUNT * 2 + 500:
        pytest.skip(f"{COUNT} slow clients need more than {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_thousands_of_slow_clients_leave_the_others_untouched(tmp_path: Path, many_files: None) -> None:
    with stage(tmp_path) as on:
        with MixedLoad(on.port, clients=4) as load:
            began = time.monotonic()
            on.lb.wait_for("some were answered", lambda: len(load.asks) > 200)
            before = p99(load, began)
            with SlowClients(on.port, COUNT) as crowd:
                # On a slow machine the first have been sent away before the last have come.
                on.lb.wait_for(
                    "all slow clients have come", lambda: crowd.connected + crowd.ended >= COUNT * 0.95
                )
                began = time.monotonic()
                memory = on.memory_mib()
                on.lb.wait_for("the first are sent away", lambda: crowd.told_408 > COUNT / 2)
                during = p99(load, began)
                asked = len(load.since(began))
        assert asked > 100, "the others went on"
        assert during < max(10 * before, 1.0), f"p99 went from {before:.3f} to {during:.3f} s"
        assert memory < on.memory_before + 24 + COUNT * EACH_MIB
        on.judge(load, grown_by=24 + COUNT * EACH_MIB)


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is missing (apt-get install util-linux)")
def test_accepting_stops_where_files_run_out_and_goes_on(tmp_path: Path) -> None:
    with stage(tmp_path, wrapper=("prlimit", f"--nofile={FILES}")) as on:
        with ExitStack() as idle:
            for _ in range(FILES):
                idle.enter_context(socket.create_connection(("127.0.0.1", on.port), timeout=10))
            on.lb.wait_for("files are nearly used up", lambda: on.most_files() > FILES / 3)
            waiting = http.client.HTTPConnection("127.0.0.1", on.port, timeout=20)
            waiting.request("GET", "/waiting")
            files = on.most_files()
            # The admin API, probes and replicas still have files.
            assert on.lb.run("get", "pods").stdout.count("1/1") == 3
            assert files < FILES - 20
        assert waiting.getresponse().read().split(b" ")[0] == b"/waiting"
        waiting.close()
        with MixedLoad(on.port) as load:
            on.lb.wait_for("many were answered", lambda: len(load.asks) > 200)
        assert fetch(on.port).status == 200
        on.judge(load)
        assert "Traceback" not in on.lb.printed()
