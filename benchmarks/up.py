"""A running `readylb up` of the benchmarks: its control process, its workers, its API."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
from benchmarks.processes import (
    BOTH_CPUS,
    BenchmarkError,
    cpu_microseconds,
    free_port,
    resident_mib,
    running,
)

_STEP_SECONDS = 0.002


class Up:
    """The control process, and what the API says."""

    def __init__(self, process: psutil.Process, admin: int, folder: Path) -> None:
        """Look at a process whose API is at the port `admin`."""
        self.process = process
        self._admin = admin
        self._folder = folder

    def open(self, path: str) -> Any:
        """Return the response of the API to GET `path`."""
        (token,) = [path for path in (self._folder / "readylb").iterdir() if str(self._admin) in path.name]
        headers = {"Authorization": f"Bearer {token.read_text().strip()}"}
        return urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{self._admin}{path}", headers=headers), timeout=60
        )

    def pods(self) -> list[Any]:
        """Return the pods."""
        with self.open("/api/v1/namespaces/default/pods") as answer:
            found: list[Any] = json.load(answer)["items"]
            return found

    def wait_ready(self, count: int) -> None:
        """Return when so many pods are Ready."""
        wait_for(lambda: sum(map(_is_ready, self.pods())) == count, f"{count} pods are Ready", step=0.5)

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Have the control process stand still: its workers go on, and nothing is probed meanwhile."""
        self.process.suspend()
        try:
            yield
        finally:
            self.process.resume()

    @contextlib.contextmanager
    def alone(self, cpu: int, others: int) -> Iterator[None]:
        """Give the control process one CPU, and its workers and this program the other one."""
        mine = psutil.Process()
        _pin(self.process, {cpu})
        for process in (mine, *self.process.children(recursive=True)):
            _pin(process, {others})
        try:
            yield
        finally:
            for process in (mine, self.process, *self.process.children(recursive=True)):
                _pin(process, {cpu, others})

    def share(self, seconds: float) -> float:
        """Return the share of one CPU that the control process takes, in percent."""
        before, begin = cpu_microseconds([self.process]), time.monotonic()
        time.sleep(seconds)
        return (cpu_microseconds([self.process]) - before) / (time.monotonic() - begin) / 1e4

    def kib(self) -> float:
        """Return the control process's resident memory."""
        return resident_mib([self.process]) * 1024


@contextlib.contextmanager
def up(folder: Path, services: Mapping[str, Any]) -> Iterator[Up]:
    """Run the command, with a worker of its own, until the block ends; enter it once the API answers."""
    home = Path(tempfile.mkdtemp(prefix="up-", dir=folder))
    file = home / "readylb.yaml"
    file.write_text(json.dumps({"services": services}))
    admin = free_port()
    words = ("up", "--workers", "1", "--admin", f"127.0.0.1:{admin}", "-f", str(file))
    environment = ("env", f"XDG_RUNTIME_DIR={home}", f"TMPDIR={home}")
    command = [*environment, sys.executable, "-P", "-m", "readylb", *words]
    with running(BOTH_CPUS, command, admin, home / "log") as process:
        yield Up(process, admin, home)


def wait_for(condition: Callable[[], bool], what: str, step: float = _STEP_SECONDS) -> None:
    """Return when the condition holds; BenchmarkError after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            msg = f"cannot benchmark: it never happens that {what}"
            raise BenchmarkError(msg)
        time.sleep(step)


def _pin(process: psutil.Process, cpus: set[int]) -> None:
    """Let every thread of a process run on those CPUs only."""
    for thread in process.threads():
        os.sched_setaffinity(thread.id, cpus)


def _is_ready(pod: Any) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
