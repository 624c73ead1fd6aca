"""`python benchmarks/life_cycle.py`: what probing and keeping replicas costs, and how quickly it acts.

Each figure is measured with the real command and real processes, and stands beside what it is to be. Other
programs on the machine only make the figures worse.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from benchmarks.probed import address  # noqa: E402 -- a script finds its own package first
from benchmarks.processes import (  # noqa: E402 -- as above
    LOAD_CPU,
    PROXY_CPU,
    BenchmarkError,
    cpu_microseconds,
    free_port,
    running,
    wait_until_answering,
)
from benchmarks.tools import compiled  # noqa: E402 -- as above
from benchmarks.up import Up, up  # noqa: E402 -- as above

ENDPOINTS = 1000
#: Between two requests whose latency is looked at.
REQUEST_SECONDS = 0.004
EXEC_PODS = 200
#: Seconds after the start until everything has settled: first probes, tables, imports.
SETTLE_SECONDS = 6.0
#: Requests with probing and without it are compared so often in turn.
ROUNDS = 5
#: Seconds after which the control process, when it was suspended, has caught up.
RECOVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result. `most` is what it may be at most."""

    what: str
    value: float
    unit: str
    most: float

    def row(self) -> str:
        """Return one line of the table."""
        verdict = "yes" if self.value <= self.most else "NO"
        return f"| {self.what} | {self.value:,.1f} {self.unit} | {self.most:g} {self.unit} | {verdict} |"


def probing(folder: Path, seconds: int) -> Iterator[Figure]:
    """1,000 endpoints, each probed every second, beside traffic to a Service of one."""
    notes, target, served, port = folder / "notes", free_port(), free_port(), free_port()
    endpoint = [compiled("endpoint", folder), str(served), "1"]
    probed = [sys.executable, str(FOLDER / "probed.py"), str(target), str(ENDPOINTS), str(notes)]
    with (
        running(LOAD_CPU, endpoint, served, folder / "endpoint.log"),
        running(LOAD_CPU, probed, target, folder / "probed.log"),
        up(folder, _probed_services(port, served, target)) as readylb,
    ):
        readylb.wait_ready(1 + ENDPOINTS)
        time.sleep(SETTLE_SECONDS)
        begin, before = time.monotonic(), cpu_microseconds([readylb.process])
        time.sleep(seconds)
        end, after = time.monotonic(), cpu_microseconds([readylb.process])
        shared = _compare(readylb, port, seconds)
        with readylb.alone(PROXY_CPU, LOAD_CPU):
            apart = _compare(readylb, port, seconds)
    share = (after - before) / (end - begin) / 1e4
    yield Figure(f"control process, {ENDPOINTS} endpoints probed each second", share, "% of a CPU", 60)
    late = lateness(_moments(notes), 1.0, begin, end)
    yield Figure("latest probe", max(late) * 1000, "ms", 200)
    yield Figure("99 % of the probes", _p99(late) * 1000, "ms", 200)
    yield from apart.figures("control on a CPU of its own", spare=0.0)
    yield from shared.figures("all on both CPUs", spare=1.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The p99 of requests (seconds) in each round, with probing beside them and without, in turn."""

    beside: Sequence[float]
    without: Sequence[float]

    def figures(self, where: str, spare: float) -> Iterator[Figure]:
        """Yield both medians: beside it, no worse than the worst round without, and `spare` ms."""
        worst = max(self.without) * 1000 + spare
        yield Figure(f"p99 of requests without it, {where}", median(self.without) * 1000, "ms", 1.0)
        yield Figure(f"p99 of requests beside it, {where}", median(self.beside) * 1000, "ms", round(worst, 2))


def _compare(readylb: Up, port: int, seconds: float) -> Comparison:
    beside, without = [], []
    for _ in range(ROUNDS):
        beside.append(_p99(_latencies(port, seconds / 2)))
        with readylb.suspended():
            without.append(_p99(_latencies(port, seconds / 2)))
        time.sleep(RECOVERY_SECONDS)
    return Comparison(beside, without)


def _probed_services(port: int, served: int, target: int) -> dict[str, Any]:
    """Return a Service at `port` that is not probed, and one of many endpoints that are."""
    probe = {"httpGet": {"path": "/"}, "periodSeconds": 1}
    endpoints = [f"{address(number)}:{target}" for number in range(ENDPOINTS)]
    return {
        "app": {"port": port, "endpoints": [f"127.0.0.1:{served}"]},
        "many": {"port": free_port(), "endpoints": endpoints, "readinessProbe": probe},
    }


def _latencies(port: int, seconds: float) -> list[float]:
    """Return how many seconds each request took, at a rate that no CPU is busy with."""
    took = []
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        due = begin = time.monotonic()
        while due < begin + seconds:
            time.sleep(max(0.0, due - time.monotonic()))
            sent = time.monotonic()
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            if not client.recv(65536):
                msg = "cannot benchmark: a request was not answered"
                raise BenchmarkError(msg)
            took.append(time.monotonic() - sent)
            due += REQUEST_SECONDS
    return took


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def _moments(notes: Path) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for line in notes.read_text().splitlines():
        number, moment = line.split()
        found.setdefault(int(number), []).append(float(moment))
    found.pop(-1, None)
    return found


def lateness(moments: Mapping[int, Sequence[float]], period: float, begin: float, end: float) -> list[float]:
    """Return how many seconds each probe came after its tick: the one that was least late came on time.

    Only those between `begin` and `end` count: before, endpoints are asked out of turn until they are Ready.
    BenchmarkError if an endpoint was not probed then.
    """
    late: list[float] = []
    for number, series in moments.items():
        counted = [moment for moment in series if begin <= moment <= end]
        if not counted:
            msg = f"cannot benchmark: endpoint {number} was not probed"
            raise BenchmarkError(msg)
        ticks = [moment - period * turn for turn, moment in enumerate(counted)]
        late += [moment - min(ticks) for moment in ticks]
    return late


def execs(folder: Path, seconds: int) -> Iterator[Figure]:
    """200 pods with an exec probe each second."""
    port = free_port()
    command = ["sleep", "3600"]
    services = {
        "app": {
            "port": port,
            "replicas": EXEC_PODS,
            "command": command,
            "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 1},
        }
    }
    with up(folder, services) as readylb:
        time.sleep(2 * SETTLE_SECONDS)
        kib = readylb.kib()
        readylb.wait_ready(EXEC_PODS)
        zombies = []
        asked_at, probes = _probes(readylb)
        begin, before = time.monotonic(), cpu_microseconds([readylb.process])
        while time.monotonic() < begin + seconds:
            time.sleep(0.25)
            zombies.append(_zombies(readylb.process))
        share = (cpu_microseconds([readylb.process]) - before) / (time.monotonic() - begin) / 1e4
        asked_again_at, probes_then = _probes(readylb)
        missed = EXEC_PODS - (probes_then - probes) / (asked_again_at - asked_at)
        yield Figure(f"exec probes a second that are missing from {EXEC_PODS}", missed, "", 10)
        yield Figure("control process meanwhile (its own time)", share, "% of a CPU", 60)
        # A command that has just ended is one until the loop comes round: what counts is that none stay.
        yield Figure("zombies, median of looks", median(zombies), "", 2)
    with up(folder, {"app": {**services["app"], "replicas": 1}}) as readylb:
        time.sleep(SETTLE_SECONDS)
        per_pod = (kib - readylb.kib()) / (EXEC_PODS - 1)
    yield Figure("memory per replica beyond its process", per_pod, "KiB", 64)


def _probes(readylb: Up) -> tuple[float, float]:
    """Return when it was asked (monotonic seconds), and how many attempts have been made."""
    asked_at = time.monotonic()
    with readylb.open("/metrics") as answer:
        lines = answer.read().decode().splitlines()
    attempts = (float(line.split()[-1]) for line in lines if line.startswith("prober_probe_total{"))
    return asked_at, sum(attempts)


def _zombies(process: psutil.Process) -> int:
    count = 0
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            count += child.status() == psutil.STATUS_ZOMBIE
    return count


def memory(folder: Path, seconds: int) -> Iterator[Figure]:
    """Compare what 1,000 endpoints and one take in the control process."""
    target = free_port()
    server = [sys.executable, str(FOLDER / "probed.py"), str(target), str(ENDPOINTS), str(folder / "m")]
    taken = {}
    with running(LOAD_CPU, server, target, folder / "probed.log"):
        for count in (1, ENDPOINTS):
            port = free_port()
            endpoints = [f"{address(number)}:{target}" for number in range(count)]
            probe = {"httpGet": {"path": "/"}, "periodSeconds": 1}
            service = {"port": port, "endpoints": endpoints, "readinessProbe": probe}
            with up(folder, {"app": service}) as readylb:
                # Asking the API how far it is would make it answer with megabytes, and be what is measured.
                time.sleep(SETTLE_SECONDS + seconds)
                taken[count] = readylb.kib()
                readylb.wait_ready(count)
    yield Figure("memory per endpoint", (taken[ENDPOINTS] - taken[1]) / (ENDPOINTS - 1), "KiB", 64)


def killing(folder: Path, seconds: int) -> Iterator[Figure]:
    """From kill -9 of a replica to the EndpointSlice without it, as a client of the API sees it."""
    port = free_port()
    program = shlex.quote(compiled("endpoint", folder))
    service = {
        "port": port,
        "replicas": 3,
        "command": ["sh", "-c", f"exec {program} $PORT 0"],
        "readinessProbe": {"httpGet": {"path": "/"}, "periodSeconds": 10},
    }
    took = []
    with up(folder, {"app": service}) as readylb:
        for _ in range(max(3, seconds)):
            readylb.wait_ready(3)
            took.append(_kill_one(readylb))
    yield Figure("kill -9 to excluded, median", median(took) * 1000, "ms", 20)
    yield Figure("kill -9 to excluded, longest", max(took) * 1000, "ms", 20)


def _kill_one(readylb: Up) -> float:
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?watch=1"
    victims = [item for item in readylb.process.children(recursive=True) if item.name() == "endpoint"]
    victim = min(victims, key=lambda item: item.create_time())
    with readylb.open(path) as watch:
        for _ in range(3):  # the slices as they are
            watch.readline()
        begin = time.monotonic()
        os.kill(victim.pid, signal.SIGKILL)
        while True:
            change = json.loads(watch.readline())
            found = change["object"].get("endpoints") or []
            if change["type"] == "DELETED" or not all(item["conditions"]["ready"] for item in found):
                return time.monotonic() - begin


def starting(folder: Path, seconds: int) -> Iterator[Figure]:
    """From `up` to the first request that is forwarded."""
    endpoint = free_port()
    command = [compiled("endpoint", folder), str(endpoint), "0"]
    took = []
    with running(LOAD_CPU, command, endpoint, folder / "endpoint.log"):
        for _ in range(max(3, seconds // 2)):
            port = free_port()
            begin = time.monotonic()
            with up(folder, {"app": {"port": port, "endpoints": [f"127.0.0.1:{endpoint}"]}}):
                wait_until_answering(port, folder / "endpoint.log")
                took.append(time.monotonic() - begin)
    yield Figure("up to the first forwarded request, median", median(took) * 1000, "ms", 1500)


def idling(folder: Path, seconds: int) -> Iterator[Figure]:
    """Two endpoints with the probes that a manifest has by default, and nothing else."""
    endpoint, port = free_port(), free_port()
    probe = {"httpGet": {"path": "/"}}
    endpoints = [f"127.0.0.1:{endpoint}", f"localhost:{endpoint}"]
    service = {"port": port, "endpoints": endpoints, "readinessProbe": probe, "livenessProbe": probe}
    command = [compiled("endpoint", folder), str(endpoint), "0"]
    with (
        running(LOAD_CPU, command, endpoint, folder / "endpoint.log"),
        up(folder, {"app": service}) as readylb,
    ):
        time.sleep(SETTLE_SECONDS)
        share = readylb.share(2.0 * seconds)
    yield Figure("control process at rest", share, "% of a CPU", 1)


PARTS: Mapping[str, Callable[[Path, int], Iterator[Figure]]] = {
    "probing": probing,
    "exec": execs,
    "memory": memory,
    "kill": killing,
    "start": starting,
    "idle": idling,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table; 1 if a figure is beyond its limit."""
    parser = argparse.ArgumentParser(prog="benchmarks/life_cycle.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="how long each is looked at (default: 8)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    args = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmarks: told to stop"))
    print("| what | measured | at most | kept |", "| --- | ---: | ---: | --- |", sep="\n", flush=True)
    kept = True
    try:
        with tempfile.TemporaryDirectory(prefix="readylb-life-") as folder:
            for name in args.parts:
                for figure in PARTS[name](Path(folder), args.seconds):
                    print(figure.row(), flush=True)
                    kept = kept and figure.value <= figure.most
    except (BenchmarkError, subprocess.SubprocessError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    return not kept


if __name__ == "__main__":
    sys.exit(main())
