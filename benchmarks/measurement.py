"""One measurement of one proxy under one kind of traffic."""

from __future__ import annotations

import json
import resource
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import PACED_RATE, Case, Load
from benchmarks.processes import (
    LOAD_CPU,
    BenchmarkError,
    cpu_microseconds,
    pinned,
    require,
    resident_mib,
)
from benchmarks.proxies import Subject
from benchmarks.tools import compiled

#: Seconds of traffic before each measurement, so that pools are filled and code is warm.
WARM_UP_SECONDS = 1
#: Files kept free for what is no connection: a proxy needs them, and so does this process.
_SPARE_FILES = 500

_DONE = """
done = function(summary, latency, requests)
  io.write(string.format(
    '\\nRESULT {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, "errors": %d}\\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
      + summary.errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One round of one proxy. `cost` is in the case's unit; latencies are in microseconds."""

    cost: float
    requests_per_second: float
    p50_microseconds: float
    p99_microseconds: float
    resident_mib: float
    errors: int


def measure(case: Case, subject: Subject, seconds: int, folder: Path) -> Measurement:
    """Load the proxy and return what that cost it; `folder` takes scripts and programs."""
    if case.load is Load.IDLE:
        return _idle(case, subject)
    load = _paced if case.load is Load.PACED else _told
    load(case, subject.port, WARM_UP_SECONDS, folder)
    counted = subject.counted()
    before = cpu_microseconds(counted)
    result = load(case, subject.port, seconds, folder)
    spent = cpu_microseconds(counted) - before
    requests = result["bytes"] / case.down_bytes if case.down_bytes else result["requests"]
    if requests == 0:
        msg = f"cannot measure {case.name}: {subject.name} answered no request (see its own log)"
        raise BenchmarkError(msg)
    return Measurement(
        cost=spent / requests,
        requests_per_second=requests / result["microseconds"] * 1e6,
        p50_microseconds=result["p50"],
        p99_microseconds=result["p99"],
        resident_mib=resident_mib(counted),
        errors=result["errors"],
    )


def _wrk(case: Case, port: int, seconds: int, folder: Path) -> list[str]:
    script = folder / f"{case.name}.lua"
    script.write_text(case.script + _DONE)
    connections = f"-c{case.connections}"
    command = [require("wrk", "wrk"), "-t1", connections, f"-d{seconds}s", "--timeout", "5s"]
    return [*command, "-s", str(script), f"http://127.0.0.1:{port}{case.path}"]


def _websocket(case: Case, port: int, seconds: int, folder: Path) -> list[str]:
    return [compiled("websocket", folder), str(port), str(case.connections), str(seconds)]


def _told(case: Case, port: int, seconds: int, folder: Path) -> dict[str, int]:
    """Run a load that tells its own figures."""
    command = _websocket if case.load is Load.WEBSOCKET else _wrk
    output = _run(case, command(case, port, seconds, folder), seconds)
    _, marker, line = output.rpartition("RESULT ")
    if not marker:
        msg = f"cannot measure {case.name}: the load said:\n{output}"
        raise BenchmarkError(msg)
    found: dict[str, int] = json.loads(line)
    return found


def _paced(case: Case, port: int, seconds: int, folder: Path) -> dict[str, int]:
    """Ask at a steady rate. h2load writes a line for each answer: when, status, microseconds."""
    log = folder / "answers.tsv"
    log.unlink(missing_ok=True)
    rate = f"--rps={PACED_RATE // case.connections}"
    command = [require("h2load", "nghttp2-client"), "--h1", "-t1", f"-c{case.connections}", f"-D{seconds}"]
    _run(case, [*command, rate, f"--log-file={log}", f"http://127.0.0.1:{port}{case.path}"], seconds)
    answers = [line.split() for line in log.read_text().splitlines()]
    times = sorted(int(microseconds) for _, _, microseconds in answers)
    if not times:
        return {"requests": 0}
    return {
        "requests": len(times),
        "microseconds": seconds * 1_000_000,
        "p50": times[len(times) // 2],
        "p99": times[len(times) * 99 // 100],
        "errors": sum(status != "200" for _, status, _ in answers),
    }


def _run(case: Case, command: list[str], seconds: int) -> str:
    done = subprocess.run(
        pinned(LOAD_CPU, command), capture_output=True, text=True, timeout=seconds + 20, check=False
    )
    if done.returncode:
        msg = f"cannot measure {case.name}: the load said:\n{done.stdout}{done.stderr}"
        raise BenchmarkError(msg)
    return done.stdout


def _idle(case: Case, subject: Subject) -> Measurement:
    """Open connections, one request on each, and see how much memory the proxy holds for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(case.connections, hard // 2 - _SPARE_FILES)
    counted = subject.counted()
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(_asked(subject.port))
        before = resident_mib(counted)
        for _ in range(count):
            stack.enter_context(_asked(subject.port))
        after = resident_mib(counted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return Measurement((after - before) * 1024 / count, 0.0, 0.0, 0.0, after, 0)


def _asked(port: int) -> socket.socket:
    """Return a connection on which one request was answered."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = b""
    while not answer.endswith(b"x" * 128):
        piece = connection.recv(65536)
        if not piece:
            connection.close()
            msg = "cannot measure idle connections: one was closed"
            raise BenchmarkError(msg)
        answer += piece
    return connection
