"""The kinds of traffic, and one measurement of one proxy under one of them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmarks.processes import LOAD_CPU, BenchmarkError, cpu_microseconds, pinned, require, resident_mib
from benchmarks.proxies import LARGE_BYTES

#: Seconds of traffic before each measurement, so that pools are filled and code is warm.
WARM_UP_SECONDS = 1

_SCRIPT = """
{headers}
done = function(summary, latency, requests)
  io.write(string.format(
    '\\nRESULT {{"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, "errors": %d}}\\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
      + summary.errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of traffic; `body_bytes` set: what a request costs is told by the bytes that came."""

    name: str
    title: str
    path: str = "/"
    connections: int = 64
    headers: str = ""
    body_bytes: int = 0


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("keepalive", "Small answers (128 B), keep-alive, 64 connections"),
        Case(
            "close",
            "Small answers (128 B), a connection per request, 64 at a time",
            headers='wrk.headers["Connection"] = "close"',
        ),
        Case("download", "16 MiB downloads, 8 connections", "/large", 8, body_bytes=LARGE_BYTES),
    )
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One round of one proxy. Latencies are in microseconds."""

    cpu_microseconds_per_request: float
    requests_per_second: float
    p50_microseconds: float
    p99_microseconds: float
    resident_mib: float
    errors: int


def measure(case: Case, process: psutil.Process, port: int, seconds: int, folder: Path) -> Measurement:
    """Load the proxy on `port` and return what each request cost `process`; `folder` takes a script."""
    script = folder / f"{case.name}.lua"
    script.write_text(_SCRIPT.format(headers=case.headers))
    _load(case, port, WARM_UP_SECONDS, script)
    before = cpu_microseconds(process)
    result = _load(case, port, seconds, script)
    spent = cpu_microseconds(process) - before
    requests = result["bytes"] / case.body_bytes if case.body_bytes else result["requests"]
    if requests == 0:
        msg = f"cannot measure {case.name}: no request was answered (see the proxy's own log)"
        raise BenchmarkError(msg)
    return Measurement(
        cpu_microseconds_per_request=spent / requests,
        requests_per_second=requests / result["microseconds"] * 1e6,
        p50_microseconds=result["p50"],
        p99_microseconds=result["p99"],
        resident_mib=resident_mib(process),
        errors=result["errors"],
    )


def _load(case: Case, port: int, seconds: int, script: Path) -> dict[str, int]:
    command = [require("wrk", "wrk"), "-t1", f"-c{case.connections}", f"-d{seconds}s", "--timeout", "5s"]
    url = f"http://127.0.0.1:{port}{case.path}"
    done = subprocess.run(
        pinned(LOAD_CPU, [*command, "-s", str(script), url]),
        capture_output=True,
        text=True,
        timeout=seconds + 20,
        check=False,
    )
    _, marker, line = done.stdout.rpartition("RESULT ")
    if done.returncode or not marker:
        msg = f"cannot measure {case.name}: wrk said:\n{done.stdout}{done.stderr}"
        raise BenchmarkError(msg)
    found: dict[str, int] = json.loads(line)
    return found
