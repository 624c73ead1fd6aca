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
from pathlib import Path
from types import FrameType

import psutil

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from benchmarks.cases import CASES, Measurement, measure  # noqa: E402 -- a script finds its own package first
from benchmarks.processes import (  # noqa: E402 -- as above
    LOAD_CPU,
    PROXY_CPU,
    BenchmarkError,
    free_port,
    require,
    running,
)
from benchmarks.proxies import PROXIES, endpoint_command  # noqa: E402 -- as above
from benchmarks.report import table  # noqa: E402 -- as above

Results = dict[str, dict[str, list[Measurement]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if every request of every proxy was answered."""
    args = _parse(arguments)
    signal.signal(signal.SIGTERM, _leave)
    try:
        _check_machine()
        with tempfile.TemporaryDirectory(prefix="readylb-bench-") as folder:
            results = _measure_all(args, Path(folder))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    text = _markdown(args, results)
    print(text)
    if args.store:
        _store(text, results)
    errors = sum(item.errors for case in results.values() for rounds in case.values() for item in rounds)
    return 1 if errors else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds per case, interleaved (default: 3)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds per measurement (default: 2)")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--proxies", nargs="+", choices=PROXIES, default=list(PROXIES))
    parser.add_argument(
        "--reference", choices=PROXIES, default="haproxy", help="ratios are to this one (default: haproxy)"
    )
    parser.add_argument("--store", action="store_true", help="keep the figures in benchmarks/results/")
    args = parser.parse_args(arguments)
    if args.reference not in args.proxies:
        parser.error(f"--reference {args.reference} is not one of --proxies")
    return args


def _leave(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    sys.exit("benchmarks: told to stop")


def _check_machine() -> None:
    for tool, package in (("wrk", "wrk"), ("taskset", "util-linux"), ("setpriv", "util-linux")):
        require(tool, package)
    if not {PROXY_CPU, LOAD_CPU} <= os.sched_getaffinity(0):
        msg = "cannot benchmark: CPUs 0 and 1 are needed (the proxy has one for itself, the load the other)"
        raise BenchmarkError(msg)


def _measure_all(args: argparse.Namespace, folder: Path) -> Results:
    """Start everything once, then measure in interleaved rounds: A B C, A B C, ..."""
    with ExitStack() as stack:
        endpoint = free_port()
        home = _home(folder, "endpoint")
        command = endpoint_command(home, endpoint)
        stack.enter_context(running(LOAD_CPU, command, endpoint, home / "log"))
        started: dict[str, tuple[psutil.Process, int]] = {}
        for name in args.proxies:
            port, home = free_port(), _home(folder, f"proxy-{name}")
            command = PROXIES[name].command(home, port, endpoint)
            started[name] = stack.enter_context(running(PROXY_CPU, command, port, home / "log")), port
        results: Results = {case: {name: [] for name in started} for case in args.cases}
        for case in args.cases:
            for number in range(args.rounds):
                for name, (process, port) in started.items():
                    print(f"{case} round {number + 1}/{args.rounds}: {name}", file=sys.stderr)
                    found = measure(CASES[case], process, port, args.seconds, folder)
                    results[case][name].append(found)
        return results


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    return home


def _markdown(args: argparse.Namespace, results: Results) -> str:
    facts = ", ".join(f"{name}: {value}" for name, value in _facts().items())
    head = (
        f"{facts}\n\n{args.rounds} interleaved rounds of {args.seconds} s; medians. `ratio` is CPU per "
        f"request against {args.reference} in the same round; below 1 is cheaper.\n"
    )
    return "\n".join(
        [head, *(table(CASES[case], rounds, args.reference) for case, rounds in results.items())]
    )


def _facts() -> dict[str, str]:
    """Return what the figures depend on: versions and the kind of machine, nothing that names it."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "cpus": str(os.cpu_count()),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
        "haproxy": _version("haproxy", "-v"),
        "nginx": _version("nginx", "-v"),
    }


def _version(tool: str, option: str) -> str:
    try:
        command = [require(tool, tool), option]
    except BenchmarkError:
        return "absent"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = (done.stdout + done.stderr).split()
    return next((word.rpartition("/")[2] for word in words if any(map(str.isdigit, word))), "unknown")


def _store(text: str, results: Results) -> None:
    stamp = time.strftime("%Y-%m-%d-%H%M", time.gmtime())
    folder = FOLDER / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{stamp}.md").write_text(text)
    plain = {
        case: {name: [asdict(item) for item in found] for name, found in rounds.items()}
        for case, rounds in results.items()
    }
    data = {"facts": _facts(), "cases": plain}
    (folder / f"{stamp}.json").write_text(json.dumps(data, indent=1) + "\n")
    print(f"stored as benchmarks/results/{stamp}.md and .json", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
