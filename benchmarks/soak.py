"""`python benchmarks/soak.py`: minutes of traffic through readylb, to see that speed and memory stay flat.

Each period has three kinds of traffic in turn: small answers on kept connections, a connection for each
request, and a browser's headers. The table shows what each period took. CPU per request tells more
than requests per second where other programs run beside it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from benchmarks.cases import CASES  # noqa: E402 -- a script finds its own package first
from benchmarks.measurement import measure  # noqa: E402 -- as above
from benchmarks.processes import LOAD_CPU, BenchmarkError, free_port, running  # noqa: E402 -- as above
from benchmarks.proxies import PROXIES, Subject  # noqa: E402 -- as above
from benchmarks.run import start_proxy  # noqa: E402 -- as above
from benchmarks.tools import compiled  # noqa: E402 -- as above

MIX = ("keepalive", "close", "headers")
#: Memory may grow by this much after the first quarter: a tenth, and what an allocator keeps.
GROWTH, SPARE_MIB = 0.10, 4.0
_HEAD = "| minute | requests/s | CPU µs/request | p99 ms | errors | MiB | open files |"


@dataclass(frozen=True, slots=True)
class Period:
    """What one round of the mix took; `minute` is when it ended."""

    minute: float
    requests_per_second: float
    cost: float
    p99_microseconds: float
    errors: int
    resident_mib: float
    files: int

    def row(self) -> str:
        """Return one line of the table."""
        return (
            f"| {self.minute:.1f} | {self.requests_per_second:,.0f} | {self.cost:.1f} "
            f"| {self.p99_microseconds / 1000:.1f} | {self.errors} | {self.resident_mib:.1f} | {self.files} |"
        )


def verdict(periods: Sequence[Period]) -> list[str]:
    """Return what was not flat: failed requests, and memory that grew after the first quarter."""
    wrong = []
    errors = sum(period.errors for period in periods)
    if errors:
        wrong.append(f"{errors} requests failed")
    quarter = max(1, len(periods) // 4)
    early = max(period.resident_mib for period in periods[:quarter])
    late = mean(period.resident_mib for period in periods[-quarter:])
    if late > early * (1 + GROWTH) + SPARE_MIB:
        wrong.append(f"memory grew from {early:.1f} to {late:.1f} MiB")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the load and print the table; 1 if something was not flat."""
    parser = argparse.ArgumentParser(prog="benchmarks/soak.py", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument(
        "--seconds", type=int, default=5, help="seconds of each kind in a period (default: 5)"
    )
    args = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmarks: told to stop"))
    periods = []
    print(_HEAD, "| ---: " * 7 + "|", sep="\n")
    try:
        with tempfile.TemporaryDirectory(prefix="readylb-soak-") as folder:
            for period in _soak(args.minutes * 60, args.seconds, Path(folder)):
                periods.append(period)
                print(period.row(), flush=True)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    wrong = verdict(periods)
    print("", *(wrong or ["flat"]), sep="\n")
    return bool(wrong)


def _soak(seconds: float, each: int, folder: Path) -> Iterator[Period]:
    began = time.monotonic()
    endpoint = free_port()
    with ExitStack() as stack:
        command = [compiled("endpoint", folder), str(endpoint), "1"]
        stack.enter_context(running(LOAD_CPU, command, endpoint, folder / "endpoint.log"))
        started = start_proxy(PROXIES["readylb"], CASES["keepalive"], endpoint, folder, stack)
        # The control process is to stay flat as well.
        subject = replace(started, worker_only=False)
        while time.monotonic() - began < seconds:
            yield _period(subject, each, folder, began)


def _period(subject: Subject, each: int, folder: Path, began: float) -> Period:
    found = [measure(CASES[name], subject, each, folder) for name in MIX]
    return Period(
        minute=(time.monotonic() - began) / 60,
        requests_per_second=mean(one.requests_per_second for one in found),
        cost=mean(one.cost for one in found),
        p99_microseconds=max(one.p99_microseconds for one in found),
        errors=sum(one.errors for one in found),
        resident_mib=found[-1].resident_mib,
        files=sum(process.num_fds() for process in subject.counted()),
    )


if __name__ == "__main__":
    sys.exit(main())
