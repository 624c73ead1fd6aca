"""`python benchmarks/slow_clients.py`: what others notice of thousands of clients that dribble their heads.

Each slow client sends one byte of a request head a second, for as long as it is let, and comes back when it
is sent away. They come from several processes with an address each. The table shows what a few ordinary
clients see before, meanwhile and afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import itertools
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from benchmarks.cases import CASES  # noqa: E402 -- a script finds its own package first
from benchmarks.processes import LOAD_CPU, BenchmarkError, free_port, pinned, running  # noqa: E402 -- as above
from benchmarks.proxies import PROXIES, Subject  # noqa: E402 -- as above
from benchmarks.run import start_proxy  # noqa: E402 -- as above
from benchmarks.tools import compiled  # noqa: E402 -- as above

PROCESSES = 4
ORDINARY_CLIENTS = 4
#: Between two requests of an ordinary client, and between two bytes of a slow one.
PAUSE_SECONDS, BETWEEN_BYTES_SECONDS = 0.01, 1.0
#: How many connect at a time, below the backlog; and how long all of them may take to be there.
AT_ONCE, GATHERING_SECONDS = 100, 120.0
#: Files besides those of the clients, of which the balancer keeps two for each: its own and an endpoint's.
OWN_FILES = 200
_HEAD = b"GET / HTTP/1.1\r\nHost: slow\r\nX-Slow: "


class SlowClient(asyncio.Protocol):
    """One that never finishes its head."""

    def __init__(self, present: set[SlowClient]) -> None:
        """Be in `present` while connected."""
        self._present = present
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a head."""
        self._transport = transport
        self._present.add(self)
        transport.write(_HEAD)  # type: ignore[attr-defined]  # stream protocols get stream transports
        self._dribble()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- why makes no difference
        """Make room for the next."""
        self._present.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _dribble(self) -> None:
        self._transport.write(b"x")  # type: ignore[attr-defined]  # as above
        self._timer = asyncio.get_running_loop().call_later(BETWEEN_BYTES_SECONDS, self._dribble)


async def crowd(port: int, count: int, source: str) -> None:
    """Be `count` slow clients for ever; say each half second how many are connected, and have come in all."""
    loop = asyncio.get_running_loop()
    present: set[SlowClient] = set()
    came = 0
    for turn in itertools.count():
        missing = min(AT_ONCE, count - len(present))
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda: SlowClient(present), "127.0.0.1", port, local_addr=(source, 0))
                for _ in range(missing)
            ),
            return_exceptions=True,
        )
        came += sum(isinstance(one, tuple) for one in made)
        if turn % 10 == 0:
            print(len(present), came, flush=True)
        await asyncio.sleep(0.05)


class Crowd:
    """One process of slow clients, as seen from here."""

    def __init__(self, port: int, count: int, source: str) -> None:
        """Start `count` clients that connect to `port` from the address `source`."""
        words = ["--crowd", str(port), "--clients", str(count), "--source", source]
        self._process = subprocess.Popen(
            pinned(LOAD_CPU, [sys.executable, __file__, *words]), stdout=subprocess.PIPE, text=True
        )
        self.connected = self.came = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End them all at once."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.connected, self.came = map(int, line.split())


@contextmanager
def crowds(port: int, count: int) -> Iterator[list[Crowd]]:
    """Send `count` slow clients from several processes until the block ends."""
    share = -(-count // PROCESSES)
    sources = (f"127.0.0.{number}" for number in range(2, 2 + PROCESSES))
    found = [Crowd(port, share, source) for source in sources]
    try:
        yield found
    finally:
        for one in found:
            one.stop()


@dataclass
class Ordinary:
    """Clients that ask one small thing after another; odd ones use a new connection for each."""

    port: int
    seconds: list[float] = field(default_factory=list)
    errors: int = 0

    def ask_for(self, duration: float) -> None:
        """Ask for so many seconds."""
        until = time.monotonic() + duration
        threads = [threading.Thread(target=self._ask, args=(n, until)) for n in range(ORDINARY_CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def row(self, phase: str, subject: Subject, slow: int) -> str:
        """Return one line of the table."""
        ordered = sorted(self.seconds)
        p50, p99 = (1000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
        counted = subject.counted()
        mib = sum(process.memory_info().rss for process in counted) / 2**20
        return (
            f"| {phase} | {slow} | {len(ordered)} | {self.errors} | {p50:.1f} | {p99:.1f} "
            f"| {1000 * ordered[-1]:.1f} | {mib:.1f} |"
        )

    def _ask(self, number: int, until: float) -> None:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                client.request("GET", "/")
                response = client.getresponse()
                response.read()
                self.errors += response.status != 200
            except (OSError, http.client.HTTPException):
                self.errors += 1
                client.close()
            self.seconds.append(time.monotonic() - began)
            if number % 2:
                client.close()
            time.sleep(PAUSE_SECONDS)
        client.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the three phases and print the table; 1 if a request failed."""
    parser = argparse.ArgumentParser(prog="benchmarks/slow_clients.py", description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000, help="slow ones (default: 10000)")
    parser.add_argument("--workers", type=int, default=1, help="that they come to (default: 1)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each phase (default: 20)")
    parser.add_argument("--crowd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--source", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if args.crowd:
        with suppress(KeyboardInterrupt):
            asyncio.run(crowd(args.crowd, args.clients, args.source))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmarks: told to stop"))
    try:
        _require_files(args.clients, args.workers, most)
        with tempfile.TemporaryDirectory(prefix="readylb-slow-") as folder:
            return _measure(args.clients, args.workers, args.seconds, Path(folder))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1


def _require_files(clients: int, workers: int, most: int) -> None:
    wanted = 2 * clients // workers + OWN_FILES
    if wanted > most:
        msg = (
            f"cannot benchmark: {clients} clients need {wanted} files of each worker, and {most} are allowed "
            "(ulimit -Hn; --workers shares them out, --clients asks for fewer)"
        )
        raise BenchmarkError(msg)


def _measure(clients: int, workers: int, seconds: float, folder: Path) -> int:
    endpoint = free_port()
    print("| phase | slow clients | requests | errors | p50 ms | p99 ms | longest ms | MiB |")
    print("| --- | " + "---: | " * 6 + "---: |", flush=True)
    with ExitStack() as stack:
        command = [compiled("endpoint", folder), str(endpoint), "1"]
        stack.enter_context(running(LOAD_CPU, command, endpoint, folder / "endpoint.log"))
        readylb, case = PROXIES["readylb"], CASES["keepalive"]
        started = start_proxy(readylb, case, endpoint, folder, stack, workers=workers)
        subject = replace(started, worker_only=False)
        errors = _phase("before", subject, [], seconds)
        with crowds(subject.port, clients) as slow:
            _wait_for(slow, clients)
            errors += _phase("meanwhile", subject, slow, seconds)
            came = sum(one.came for one in slow)
        errors += _phase("afterwards", subject, [], seconds)
    print(f"\n{came} connections of slow clients came in all")
    return int(errors > 0)


def _wait_for(slow: Sequence[Crowd], clients: int) -> None:
    """Wait until nearly all are connected; BenchmarkError when that does not happen."""
    deadline = time.monotonic() + GATHERING_SECONDS
    while (there := sum(one.connected for one in slow)) < clients * 0.95:
        if time.monotonic() > deadline:
            msg = f"only {there} of {clients} slow clients are connected after {GATHERING_SECONDS:g} s"
            raise BenchmarkError(msg)
        time.sleep(0.1)


def _phase(name: str, subject: Subject, slow: Sequence[Crowd], seconds: float) -> int:
    """Ask for a while, print a row, and return how many requests failed."""
    ordinary = Ordinary(subject.port)
    ordinary.ask_for(seconds)
    print(ordinary.row(name, subject, sum(one.connected for one in slow)), flush=True)
    return ordinary.errors


if __name__ == "__main__":
    sys.exit(main())
